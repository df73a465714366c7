import type { ApiCall, CallBody, Connection, RequestInfo, UserInfo } from "../call.ts"
import type { Exchange } from "./exchange.ts"

/** A call that came over the network. Built in steps as the request passes the chain. */
export class NetworkCall implements ApiCall {
  readonly user: UserInfo
  readonly info: RequestInfo
  readonly query: URLSearchParams
  readonly body: CallBody
  readonly userAgent: string
  readonly connection: Connection
  readonly warnings: string[] = []
  readonly annotations: Map<string, string>

  constructor(
    exchange: Exchange,
    user: UserInfo,
    info: RequestInfo,
    query: URLSearchParams,
    body: CallBody,
    annotations = new Map<string, string>(),
  ) {
    this.user = user
    this.info = info
    this.query = query
    this.body = body
    this.userAgent = exchange.headers["user-agent"] ?? ""
    this.connection = { exchange }
    this.annotations = annotations
  }

  get signal(): AbortSignal {
    return this.connection.exchange.signal
  }
  readonly warn = (text: string): void => {
    if (text !== "" && !this.warnings.includes(text)) this.warnings.push(text)
  }
  readonly annotate = (key: string, value: string): void => {
    if (!this.annotations.has(key)) this.annotations.set(key, value)
  }
}
