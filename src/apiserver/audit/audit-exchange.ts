import type { RequestInfo, UserInfo } from "../call.ts"
import type { Exchange } from "../transport/exchange.ts"
import type { Audit } from "./audit.ts"
import type { AuditedRequest, AuditRecord } from "./record.ts"
import { sourceIps } from "./source-ips.ts"

/** Begins the record of a request that came over the network. Undefined when nothing of it is recorded. */
export function auditExchange(
  audit: Audit,
  exchange: Exchange,
  about: { readonly auditId: string; readonly info: RequestInfo; readonly user: UserInfo },
): AuditRecord | undefined {
  const record = audit.begin({ ...about, ...describe(exchange) })
  if (record !== undefined) exchange.answering = record.answering
  return record
}

/** What of an audited request stands in its exchange. */
export function describe(exchange: Exchange): Pick<AuditedRequest, "uri" | "userAgent" | "sourceIps"> {
  const userAgent = exchange.headers["user-agent"] ?? ""
  return { uri: exchange.target, userAgent, sourceIps: () => sourceIps(exchange) }
}
