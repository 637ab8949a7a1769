/** Slack sent something for a workspace that the app is not installed in (any more). */
export class NotInstalled extends Error {
  constructor() {
    super('The app is not installed there')
    this.name = 'NotInstalled'
  }
}
