/** What the jobs' own driver is told to connect to. */
export interface JobsConnection {
  connectionString: string
  /** Hosts of the ledger's connection string that are left out: this driver knows one. */
  leftOut: number
}

/**
 * The ledger's connection string, for the jobs' driver, which reads some of it differently: it takes one host, and
 * means by `sslmode=require` what others call `verify-full`, unless told to follow libpq.
 */
export function jobsConnection(url: string): JobsConnection {
  const parts = /^([a-z]+:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/is.exec(url)
  if (parts === null) return { connectionString: url, leftOut: 0 }
  const [, before = '', hosts = '', after = ''] = parts
  const [host = '', ...others] = hosts.split(',')
  const followsLibpq = /[?&]sslmode=/.test(after) && !/[?&]uselibpqcompat=/.test(after)
  return {
    connectionString: `${before}${host}${after}${followsLibpq ? '&uselibpqcompat=true' : ''}`,
    leftOut: others.length,
  }
}
