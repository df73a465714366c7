import { numberFromText } from "../../machinery/json/exact-number.ts"

/** Nanoseconds exactly: what a double cannot hold is an `ExactNumber`, which the codec writes like a number. */
export const nanoseconds = (value: bigint): number => numberFromText(value.toString()) as number

/** The same, read from a message. */
export const bigNanoseconds = (value: number | undefined): bigint => BigInt(String(value ?? 0))
