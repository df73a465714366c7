/** A double as Go's `%v` prints it: from a million on, and below a ten-thousandth, with exponent. */
export function goFloat(value: number): string {
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-4 && size < 1e6) || !Number.isFinite(value)) return String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2")
}
