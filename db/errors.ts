/** Why the database could not be reached or used. `src` turns it into a CreditsError of the same code. */
export type DatabaseErrorCode =
  | 'database_required'
  | 'database_unavailable'
  | 'database_newer'
  | 'embedded_failed'

export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode

  constructor(code: DatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DatabaseError'
    this.code = code
  }
}
