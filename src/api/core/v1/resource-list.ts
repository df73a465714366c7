import { formatQuantity, parseQuantity } from "../../../machinery/quantity/quantity.ts"

/** Amounts by resource name, as text. */
export type ResourceList = Readonly<Record<string, string>>

const MILLI = -3

/** Nothing finer than a thousandth is kept: amounts are rounded up in place. */
export function roundToMilli(list: { [name: string]: string } | undefined): void {
  if (list === undefined) return
  for (const name of Object.keys(list)) list[name] = roundedToMilli(list[name] ?? "0")
}

function roundedToMilli(text: string): string {
  const { unscaled, exponent, format } = parseQuantity(text)
  if (exponent >= MILLI) return text
  const unit = 10n ** BigInt(MILLI - exponent)
  if (unscaled % unit === 0n) return text
  const up = unscaled > 0n ? unscaled / unit + 1n : unscaled / unit - 1n
  return formatQuantity({ unscaled: up, exponent: MILLI, format })
}
