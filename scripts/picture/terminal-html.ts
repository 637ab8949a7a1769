/** The two styles that the demo's tables use, by their codes to begin and to end. */
const STYLES = [
  ['\u001B[1m', '<b>', '\u001B[22m', '</b>'],
  ['\u001B[2m', '<i>', '\u001B[22m', '</i>'],
] as const

/** Text with a terminal's codes for bold and dim as HTML. */
export function terminalAsHtml(text: string): string {
  let html = escapeHtml(text)
  for (const [begin, open, end, close] of STYLES) {
    html = html
      .split(begin)
      .map((part, index) => (index === 0 ? part : open + part.replace(end, close)))
      .join('')
  }
  return html
}

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
