import { styleText } from 'node:util'

/** The width that plain text is broken at: that of the narrowest usual terminal. */
const WIDTH = 80

/** Prints a line. */
export const print = (text = ''): void => void process.stdout.write(`${text}\n`)

/** Prints a heading with a line of space before it. */
export const heading = (text: string): void =>
  print(`\n${styleText('bold', `── ${text} ${'─'.repeat(Math.max(3, WIDTH - text.length - 4))}`)}\n`)

/** Prints what an agent does, and with what. */
export function step(name: string, detail = ''): void {
  print(`${styleText('cyan', '▸')} ${styleText('bold', name)}${detail === '' ? '' : `  ${detail}`}`)
}

/** Prints text as it comes in, broken between words and set in. */
export function streamPrinter(margin = '  '): { write(piece: string): void; end(): void } {
  let column = 0
  let word = ''
  return { write, end }

  function write(piece: string): void {
    for (const character of piece) {
      if (character !== ' ' && character !== '\n') word += character
      else printWord()
      if (character === '\n') breakLine()
    }
  }

  function end(): void {
    printWord()
    breakLine()
  }

  function printWord(): void {
    if (word === '') return
    if (column > 0 && column + 1 + word.length > WIDTH) breakLine()
    const before = column === 0 ? margin : ' '
    process.stdout.write(before + word)
    column += before.length + word.length
    word = ''
  }

  function breakLine(): void {
    if (column > 0) process.stdout.write('\n')
    column = 0
  }
}
