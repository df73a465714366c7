import { StatusError } from "../../machinery/status/status-error.ts"
import type { RequestInfo } from "../call.ts"
import type { Exchange } from "../transport/exchange.ts"
import { type Negotiated, negotiate, type Offer, wantsPretty } from "./accept.ts"

/** In which form a client wants its answer. */

const ANY_TRANSFORM: Offer = {
  transforms: ["Table", "PartialObjectMetadata", "PartialObjectMetadataList"],
  watch: false,
}
const LIST_OFFER: Offer = { transforms: ["Table", "PartialObjectMetadataList"], watch: false, isCollection: true }
const WATCH_OFFER: Offer = { transforms: ["Table", "PartialObjectMetadata"], watch: true, isCollection: true }
const OBJECT_OFFER: Offer = { transforms: ["Table", "PartialObjectMetadata"], watch: false }

/** The form for errors and documents: whatever the client accepts, JSON when that cannot be told. */
export function lenient(exchange: Pick<Exchange, "headers">, query: URLSearchParams): Negotiated {
  const pretty = wantsPretty(query, exchange.headers["user-agent"] ?? "") && { pretty: true }
  try {
    const { encoding, otherwise } = negotiate(exchange.headers.accept, ANY_TRANSFORM)
    return { encoding, ...(otherwise && { otherwise }), ...pretty }
  } catch (error) {
    if (error instanceof StatusError) return { encoding: "json", ...pretty }
    throw error
  }
}

/** The form for a resource's answer. Throws a 406. */
export function strict(exchange: Pick<Exchange, "headers">, info: RequestInfo, query: URLSearchParams): Negotiated {
  const offer = info.verb === "watch" ? WATCH_OFFER : info.verb === "list" ? LIST_OFFER : OBJECT_OFFER
  const negotiated = negotiate(exchange.headers.accept, offer)
  return wantsPretty(query, exchange.headers["user-agent"] ?? "") ? { ...negotiated, pretty: true } : negotiated
}
