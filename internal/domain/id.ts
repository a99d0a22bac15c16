/** The rule for ids of users, products and messages, for messages. */
export const idForm = '1 to 256 bytes of UTF-8 without control characters'

export const maxIdBytes = 256

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const control = /[\u0000-\u001f\u007f-\u009f]/

const plain = /^[ -~]{1,256}$/

/** The same rule in JSON Schema, which counts characters where the rule counts bytes. */
export const idKeywords = {
  minLength: 1,
  maxLength: maxIdBytes,
  pattern: String.raw`^[^\u0000-\u001f\u007f-\u009f]*$`,
}

/** Does the text keep the rule of {@link idForm}? A lone surrogate has no UTF-8, so it does not. */
export function isId(text: string): boolean {
  if (plain.test(text)) return true
  if (text.length === 0 || text.length > maxIdBytes) return false
  return text.isWellFormed() && !control.test(text) && Buffer.byteLength(text) <= maxIdBytes
}
