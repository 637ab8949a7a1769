import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface LockedPackage {
  hasInstallScript?: boolean
  optionalDependencies?: Record<string, string>
}

const text = readFileSync('package-lock.json', 'utf8')
const { packages } = JSON.parse(text) as { packages: Record<string, LockedPackage> }
const { allowScripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  allowScripts: Record<string, boolean>
}
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

test('the lock file names no registry, so that each machine asks its own', () => {
  expect(text).not.toContain('"resolved"')
})

// npm writes a lock without them when the registry does not have them (yet), and `npm ci` then refuses it.
test('the lock file has the binaries of every platform', () => {
  const locked = new Set(Object.keys(packages).map(nameOf))
  const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
  expect(wanted).not.toEqual([])
  expect(wanted.filter((name) => !locked.has(name))).toEqual([])
})

test('exactly the packages that run a script at installation are allowed to', () => {
  const running = Object.entries(packages).filter(([, entry]) => entry.hasInstallScript)
  expect(Object.keys(allowScripts).toSorted()).toEqual(
    [...new Set(running.map(([path]) => nameOf(path)))].toSorted(),
  )
})
