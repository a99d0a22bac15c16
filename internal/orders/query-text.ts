const identifier = String.raw`[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*`

/** What SQL's text is made of, as far as a semicolon may hide in it; anything else is one character. */
const outsideComments = new RegExp(
  [
    String.raw`\s+`,
    String.raw`--[^\n]*`,
    String.raw`\/\*`,
    String.raw`[eE]'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'`,
    String.raw`'[^']*(?:''[^']*)*'`,
    String.raw`"[^"]*(?:""[^"]*)*"`,
    String.raw`\$((?:[A-Za-z_]\w*)?)\$.*?\$\1\$`,
    identifier,
    '.',
  ].join('|'),
  'sy',
)
/** Comments between slashes and stars nest. */
const insideComment = /\/\*|\*\/|[^*/]+|./sy

/**
 * The query with spaces for the semicolons at its end, so that it can stand in parentheses and a position in it stays the
 * same. A semicolon elsewhere stays, for the server to refuse.
 */
export function withoutFinalSemicolons(query: string): string {
  let finals: number[] = []
  let depth = 0
  for (let at = 0; at < query.length; ) {
    const pattern = depth > 0 ? insideComment : outsideComments
    pattern.lastIndex = at
    const token = pattern.exec(query)?.[0] ?? ''
    if (token === '/*') depth += 1
    else if (depth > 0) depth -= token === '*/' ? 1 : 0
    else if (token === ';') finals.push(at)
    else if (!/^(\s|--)/.test(token)) finals = []
    at += token.length
  }
  const characters = query.split('')
  for (const at of finals) characters[at] = ' '
  return characters.join('')
}

/** Where the character at `position`, counted from 1 in whole characters, stands in the text, in words. */
export function placeIn(text: string, position: number): string {
  const before = Array.from(text)
    .slice(0, position - 1)
    .join('')
  const lines = before.split('\n')
  return `line ${lines.length}, column ${Array.from(lines.at(-1) ?? '').length + 1}`
}
