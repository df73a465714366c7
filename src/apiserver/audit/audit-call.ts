import type { Random } from "../../platform/random.ts"
import type { ApiCall, ApiResult, CallHandler, ServedEvent } from "../call.ts"
import type { Audit } from "./audit.ts"
import type { AuditRecord } from "./record.ts"

/** What callers in the same process are connected from. */
const OWN_ADDRESSES = ["127.0.0.1"]

/** The handler with a record of what is asked of it, for callers in the same process: they have no connection. */
export function audited(
  audit: Audit,
  random: Pick<Random, "uuid">,
  handler: (call: ApiCall, record: AuditRecord | undefined) => Promise<ApiResult>,
): CallHandler {
  return async (call) => {
    const { info, user, query, userAgent } = call
    const search = query.toString()
    const uri = search === "" ? info.path : `${info.path}?${search}`
    const sourceIps = () => OWN_ADDRESSES
    const record = audit.begin({ auditId: random.uuid(), uri, info, user, userAgent, sourceIps })
    if (record === undefined) return handler(call, undefined)
    try {
      const body = record.watch(call.body, info)
      const result = await handler({ ...call, body, annotate: record.annotate }, record)
      record.answers(result)
      record.answering("code" in result ? result.code : 200)
      if (result.type === "watch") return { ...result, events: untilEnd(result.events, record) }
      record.ends()
      return result
    } catch (error) {
      record.fails(error)
      record.ends()
      throw error
    }
  }
}

async function* untilEnd(events: AsyncIterable<ServedEvent>, record: AuditRecord): AsyncGenerator<ServedEvent> {
  try {
    yield* events
  } finally {
    record.ends()
  }
}
