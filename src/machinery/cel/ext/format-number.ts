/** Longer fractions than any double has. */
const PRECISION_MAX = 2000

/** A double with so many digits after the point, exactly rounded, ties to even; grouped by thousands when asked for. */
export function formatFixed(value: number, precision: number, grouped: boolean): string {
  if (Number.isNaN(value)) return "NaN"
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞"
  const digits = Math.min(precision, PRECISION_MAX)
  const scaled = roundedToEven(Math.abs(value), digits)
  const text = scaled.toString().padStart(digits + 1, "0")
  const whole = text.slice(0, text.length - digits)
  const fraction = digits === 0 ? "" : `.${text.slice(-digits)}`
  // With groups negative zero loses its sign, as in Kubernetes.
  const isNegative = value < 0 || (!grouped && Object.is(value, -0))
  return `${isNegative ? "-" : ""}${grouped ? groupThousands(whole) : whole}${fraction}`
}

function groupThousands(whole: string): string {
  const first = whole.length % 3 || 3
  const groups = [whole.slice(0, first)]
  for (let at = first; at < whole.length; at += 3) groups.push(whole.slice(at, at + 3))
  return groups.join(",")
}

/** `value × 10^digits` as a whole number. */
function roundedToEven(value: number, digits: number): bigint {
  const [mantissa, exponent] = binaryParts(value)
  const numerator = mantissa * 10n ** BigInt(digits)
  if (exponent >= 0) return numerator << BigInt(exponent)
  const shift = BigInt(-exponent)
  const quotient = numerator >> shift
  const rest = numerator - (quotient << shift)
  const half = 1n << (shift - 1n)
  const isUp = rest > half || (rest === half && (quotient & 1n) === 1n)
  return isUp ? quotient + 1n : quotient
}

/** The value as `mantissa × 2^exponent`. */
function binaryParts(value: number): readonly [mantissa: bigint, exponent: number] {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const biased = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  return biased === 0 ? [fraction, -1074] : [fraction | 0x10000000000000n, biased - 1075]
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
const WIDTH_MAX = 2000

/**
 * As `1.234568×10⁰⁶`, always with six digits after the point: what stands for the precision elsewhere is the least width
 * here, as in Kubernetes.
 */
export function formatScientific(value: number, width: number): string {
  const text = Number.isFinite(value) ? scientific(value) : formatFixed(value, 0, false)
  return text.padStart(Math.min(width, WIDTH_MAX))
}

function scientific(value: number): string {
  const [digits = "", exponent = ""] = value.toExponential(6).split("e")
  const sign = exponent.startsWith("-") ? "⁻" : ""
  const power = exponent.slice(1).padStart(2, "0")
  return `${digits}×10${sign}${power.replace(/[0-9]/g, (digit) => SUPERSCRIPTS[Number(digit)] ?? "")}`
}
