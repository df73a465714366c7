import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { ipBytes } from "../../../../machinery/names/addresses.ts"
import { address, type Errors, NONE } from "./rules.ts"

interface Range {
  readonly contains: (bytes: readonly number[]) => boolean
  readonly why: string
}
const isIpv4 = (bytes: readonly number[]) => bytes.length === 4
const allZero = (bytes: readonly number[]) => bytes.every((byte) => byte === 0)
const RANGES: readonly Range[] = [
  {
    contains: (bytes) => (isIpv4(bytes) ? bytes[0] === 127 : allZero(bytes.slice(0, 15)) && bytes[15] === 1),
    why: "may not be in the loopback range (127.0.0.0/8, ::1/128)",
  },
  {
    contains: ([a = 0, b = 0, ...rest]) =>
      rest.length === 2 ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80,
    why: "may not be in the link-local range (169.254.0.0/16, fe80::/10)",
  },
  {
    contains: ([a = 0, b = 0, c = 0, ...rest]) =>
      rest.length === 1 ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 2,
    why: "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
  },
]

/** An address that traffic of a service may be sent to. */
export function endpointAddress(ip: string, path: FieldPath): Errors {
  const problems = address(ip, path)
  if (problems.length > 0) return problems
  const bytes = ipBytes(ip)
  const unspecified = allZero(bytes) ? [field.invalid(path, ip, `may not be unspecified (${ip})`)] : NONE
  return [
    ...unspecified,
    ...RANGES.filter(({ contains }) => contains(bytes)).map(({ why }) => field.invalid(path, ip, why)),
  ]
}
