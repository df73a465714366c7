import { checkKey, checkText } from "./keys.ts"
import type { RangeRequest, TxnRequest } from "./store.ts"
import { TXN_OPERATIONS_MAX } from "./store.ts"

/** Throws `TypeError` or `RangeError` when a transaction breaks the contract of `Store.txn`. */
export function checkTxn(request: TxnRequest): void {
  const { compare, success, failure } = request
  if (success.length > TXN_OPERATIONS_MAX) {
    throw new RangeError(
      `a transaction of ${success.length} operations is too large: use at most ${TXN_OPERATIONS_MAX}`,
    )
  }
  for (const { key } of compare) checkKey(key)
  for (const key of failure ?? []) checkKey(key)
  for (const { key } of success) checkKey(key)
  if (success.length < 2) return
  const keys = new Set<string>()
  for (const { key } of success) {
    if (keys.has(key)) throw new TypeError(`key ${JSON.stringify(key)} occurs twice in one transaction: keep one`)
    keys.add(key)
  }
}

/** Throws `TypeError` or `RangeError` when a read breaks the contract of `Store.range`. */
export function checkRange(request: RangeRequest): void {
  if ("key" in request) {
    checkKey(request.key)
  } else {
    checkText(request.prefix, "prefix")
    // A page continues after `lastKey + "\0"`, so that one NUL is meant.
    if (request.startKey !== undefined) checkText(request.startKey.replace(/\0$/u, ""), "startKey")
    if (request.limit !== undefined) checkWhole(request.limit, "limit", 1)
  }
  if (request.atRevision !== undefined) checkWhole(request.atRevision, "atRevision", 0)
}

/** Throws `RangeError` unless the number is whole and at least `min`. */
export function checkWhole(value: number, what: string, min: number): void {
  if (!Number.isSafeInteger(value) || value < min) {
    throw new RangeError(`${what} is ${value}: expected a whole number of at least ${min}`)
  }
}
