/** Values in text, read as Go's `strconv` reads them. `describe` puts its complaint in words. */

const truths = new Set(["1", "t", "T", "TRUE", "true", "True"])
const untruths = new Set(["0", "f", "F", "FALSE", "false", "False"])

export function parseGoBoolean(text: string, describe: (why: string) => string): boolean {
  if (truths.has(text)) return true
  if (untruths.has(text)) return false
  throw new Error(describe(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`))
}

export function parseGoInteger(text: string, describe: (why: string) => string): number {
  const value = Number(text)
  const parsing = `strconv.Atoi: parsing ${JSON.stringify(text)}`
  if (!/^[+-]?\d+$/.test(text)) throw new Error(describe(`${parsing}: invalid syntax`))
  if (!Number.isSafeInteger(value)) throw new Error(describe(`${parsing}: value out of range`))
  return value
}
