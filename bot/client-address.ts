import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'
import { isIPv6 } from 'node:net'

/**
 * Who asks, for counting: an IPv4 address, or the network of an IPv6 address, which one customer has the whole of.
 *
 * @param trustedProxies how many proxies before us add whom they speak for; what is further left anybody can write
 */
export function clientAddress(c: Context, trustedProxies: number): string {
  const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').map((part) => part.trim())
  const told = trustedProxies === 0 ? undefined : forwarded.at(-trustedProxies)
  return networkOf(told || (getConnInfo(c).remote.address ?? ''))
}

const IPV6_GROUPS = 8
const NETWORK_GROUPS = 4
const LONGEST_ADDRESS = 45

function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  if (!isIPv6(address)) return address.slice(0, LONGEST_ADDRESS)
  const [left = '', right] = address.split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right === undefined || right === '' ? [] : right.split(':')
  const zeros = Array.from({ length: Math.max(0, IPV6_GROUPS - head.length - tail.length) }, () => '0')
  return `${[...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS).join(':')}::/64`
}
