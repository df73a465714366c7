/** As Go's `%g` writes a double, which `string(x)` gives. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN"
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf"
  if (Object.is(value, -0)) return "-0"
  if (value === 0) return "0"
  const [digits = "", exponentText = "0"] = value.toExponential().split("e")
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= 21) {
    const sign = exponent < 0 ? "-" : "+"
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`
  }
  return plain(value)
}

/** Without an exponent, whatever the size. */
export function formatPlainDouble(value: number): string {
  if (!Number.isFinite(value)) return formatDouble(value)
  return Object.is(value, -0) ? "-0" : plain(value)
}

function plain(value: number): string {
  const text = String(value)
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (match === null) return text
  const [, sign = "", first = "", rest = "", exponentText = "0"] = match
  const exponent = Number(exponentText)
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${first}${rest}`
  return sign + first + rest.padEnd(exponent, "0")
}
