import type { Deletion } from "./engine.ts"
import { tombstone } from "./engine.ts"
import type { Entry, Op, TxnRequest, TxnResult, WatchEvent } from "./store.ts"

/** What a put leaves behind. */
export function entryAfterPut(
  op: Extract<Op, { readonly type: "put" }>,
  revision: number,
  previous: Entry | undefined,
): Entry {
  return {
    key: op.key,
    value: op.value,
    createRevision: previous?.createRevision ?? revision,
    modRevision: revision,
    version: (previous?.version ?? 0) + 1,
    leaseId: op.leaseId ?? 0,
  }
}

/** The events of a transaction; none when it changed nothing. */
export function eventsOfTxn(request: TxnRequest, result: TxnResult): readonly WatchEvent[] {
  if (!result.succeeded) return []
  const events: WatchEvent[] = []
  for (const [index, op] of request.success.entries()) {
    const previous = result.previous[index]
    if (op.type === "put") {
      events.push({ type: "put", entry: entryAfterPut(op, result.revision, previous), previous })
    } else if (previous !== undefined) {
      events.push({ type: "delete", entry: tombstone(op.key, result.revision), previous })
    }
  }
  return events
}

export function eventsOfDeletion(deletion: Deletion): readonly WatchEvent[] {
  return deletion.previous.map((previous) => ({
    type: "delete",
    entry: tombstone(previous.key, deletion.revision),
    previous,
  }))
}
