/** A field that takes a number or text, such as a port by number or name, or a count or percentage. */
export type IntOrString = number | string

/**
 * A count, where percentages are taken of `total`. Throws when text is no percentage, with Kubernetes' message.
 * `roundUp` decides between the two whole numbers around a percentage.
 */
export function resolveCount(value: IntOrString, total: number, roundUp: boolean): number {
  if (typeof value === "number") return value
  const percent = parsePercent(value)
  if (percent === undefined) throw new Error("invalid value for IntOrString: invalid type: string is not a percentage")
  const exact = (percent * total) / 100
  return roundUp ? Math.ceil(exact) : Math.floor(exact)
}

/** The number in `25%`; undefined for any other text. */
export function parsePercent(text: string): number | undefined {
  return /^[-+]?[0-9]+%$/.test(text) ? Number(text.slice(0, -1)) : undefined
}
