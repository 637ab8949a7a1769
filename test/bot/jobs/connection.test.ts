import { describe, expect, it } from 'vitest'
import { jobsConnection } from '../../../bot/jobs/connection.ts'

describe("the jobs' connection string", () => {
  it.each([
    ['as it is', 'postgres://u:p@h:5432/db', 'postgres://u:p@h:5432/db', 0],
    ['the first host only', 'postgres://u:p@h1:5432,h2:5433/db?a=b', 'postgres://u:p@h1:5432/db?a=b', 1],
    [
      "libpq's meaning of sslmode",
      'postgresql://h/db?sslmode=require',
      'postgresql://h/db?sslmode=require&uselibpqcompat=true',
      0,
    ],
    [
      'what was chosen already',
      'postgres://h/db?sslmode=require&uselibpqcompat=false',
      'postgres://h/db?sslmode=require&uselibpqcompat=false',
      0,
    ],
  ])('is %s', (_, url, connectionString, leftOut) => {
    expect(jobsConnection(url)).toEqual({ connectionString, leftOut })
  })
})
