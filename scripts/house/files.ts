import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A source file of the house; `path` is from the root, with forward slashes. */
export interface SourceFile {
  path: string
  text: string
}

const FOLDERS = ['db', 'src', 'middleware', 'bot', 'demo', 'bench', 'test', 'scripts']

/** Every TypeScript file of the house under `root`, sorted by path. */
export function sourceFiles(root: string): SourceFile[] {
  const paths = readdirSync(root).filter(isSource)
  for (const folder of FOLDERS) {
    if (!existsSync(join(root, folder))) continue
    for (const name of readdirSync(join(root, folder), { encoding: 'utf8', recursive: true })) {
      if (isSource(name)) paths.push(`${folder}/${name.replaceAll('\\', '/')}`)
    }
  }
  return paths.toSorted().map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

const isSource = (name: string) => name.endsWith('.ts') || name.endsWith('.mts')
