import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { wrongArrow } from './arrows.ts'
import { findCycles } from './cycles.ts'
import { sourceFiles } from './files.ts'
import { importsOf } from './imports.ts'

/** A longer file holds more than one thing. */
const MAX_LINES = 400

/** Not published, so it may use development's packages. */
const NOT_PUBLISHED = /^(bench|test|scripts)\/|^[^/]+\.config\.ts$/

/**
 * What breaks the house's rules under `root`, one line each: an arrow that points up or sideways, files that
 * import one another in a circle, a published file that uses a package which is not installed with it, a file
 * that is too long.
 *
 * @example brokenRules('.') // ['db/connect.ts:3 db may not import src/errors.ts']
 */
export function brokenRules(root: string): string[] {
  const broken: string[] = []
  const graph = new Map<string, string[]>()
  const installed = installedPackages(root)
  for (const file of sourceFiles(root)) {
    const imports = importsOf(file)
    for (const wanted of imports) {
      const reason = wrongArrow(file.path, wanted)
      if (reason) broken.push(`${file.path}:${wanted.line} ${reason}`)
      if (wanted.kind === 'package' && !NOT_PUBLISHED.test(file.path) && !installed.has(wanted.name)) {
        broken.push(
          `${file.path}:${wanted.line} ${wanted.name} is neither a dependency nor a peer dependency`,
        )
      }
    }
    graph.set(
      file.path,
      imports.flatMap((wanted) => (wanted.kind === 'file' ? [wanted.path] : [])),
    )
    const lines = file.text.split('\n').length - 1
    if (lines > MAX_LINES) broken.push(`${file.path} has ${lines} lines, more than ${MAX_LINES}`)
  }
  if (graph.size === 0) broken.push(`${root} holds no source file`)
  for (const cycle of findCycles(graph)) broken.push(`circle: ${cycle.join(' → ')}`)
  return broken
}

/** What a user of the package has beside it: Node's own modules, dependencies and peers. */
function installedPackages(root: string): Set<string> {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>
    peerDependencies?: Record<string, string>
  }
  return new Set(['node:', ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })])
}
