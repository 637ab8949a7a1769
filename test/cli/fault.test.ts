import { execFile } from 'node:child_process'
import { expect, it } from 'vitest'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).href

/** Runs `credits demo --json` with a demo that is broken as given. */
function runBroken(demo: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = `
    import { runCommandLine } from '${MAIN}'
    await runCommandLine(['demo'], { serve: async () => {}, demo: async () => { ${demo} } })`
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '--eval', script], (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}

it('exits 70 on a fault of the program, with its stack and cause', async () => {
  const { code, stdout, stderr } = await runBroken(
    `throw new Error('broken', { cause: new Error('worn out') })`,
  )
  expect({ code, stdout }).toStrictEqual({ code: 70, stdout: '' })
  expect(stderr).toMatch(/credits: unexpected error\n.*Error: broken\n +at /)
  expect(stderr).toContain('worn out')
})

it('exits 0 when all went well', async () => {
  expect(await runBroken(`console.log('the show')`)).toStrictEqual({
    code: 0,
    stdout: 'the show\n',
    stderr: '',
  })
})
