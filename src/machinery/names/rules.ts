/** How Kubernetes words what a name violates. */

export function tooManyCharacters(max: number): string {
  return `must be no more than ${max} characters`
}

export function tooManyBytes(max: number): string {
  return `must be no more than ${max} bytes`
}

export function between(min: number, max: number): string {
  return `must be between ${min} and ${max}, inclusive`
}

/** `expression` is shown to the reader, without anchors. */
export function doesNotMatch(rule: string, expression: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${rule} (regex used for validation is '${expression}')`
  const shown = examples.map((example) => `'${example}', `).join(" or ")
  return `${rule} (e.g. ${shown}regex used for validation is '${expression}')`
}

export const EMPTY = "must be non-empty"

const encoder = new TextEncoder()
const PLAIN = /^[\0-\x7f]*$/

/** Length in bytes of UTF-8: every limit of Kubernetes on text counts bytes. */
export function byteLength(text: string): number {
  return PLAIN.test(text) ? text.length : encoder.encode(text).length
}
