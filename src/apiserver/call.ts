import type { AnyResource, KubeObject } from "../machinery/schema/resource.ts"
import type { Exchange } from "./transport/exchange.ts"

/**
 * The seam inside the API server. The front (transport, authentication, flow control, authorization, negotiation) turns
 * a request into an `ApiCall`; the back (decode, admission, validation, store, watch cache) answers with an `ApiResult`,
 * which the front encodes for the client. In-process clients enter here too, with an identity but without sockets.
 */

/** Who asks. */
export interface UserInfo {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  /** Keys come from outside. */
  readonly extra: ReadonlyMap<string, readonly string[]>
}

/** What a path and method mean; see https://kubernetes.io/docs/reference/access-authn-authz/authorization/ */
export interface RequestInfo {
  readonly isResource: boolean
  /** Path as received, without query. */
  readonly path: string
  /** The API verb: get, list, watch, create, update, patch, delete, deletecollection, proxy; lower-case method otherwise. */
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly namespace: string
  /** Plural name. */
  readonly resource: string
  readonly subresource: string
  readonly name: string
  /** What follows the subresource (proxy paths), with its leading slash. */
  readonly rest: string
  /** Of lists, watches and deletions of collections, as received. */
  readonly fieldSelector?: string
  readonly labelSelector?: string
}

/** Bytes as a client sent them, or a value handed over in process. */
export type CallBody =
  | { readonly type: "none" }
  | ({ readonly type: "bytes"; readonly bytes: Uint8Array } & SentBody)
  | ({ readonly type: "value"; readonly value: unknown } & SentBody)

interface SentBody {
  readonly contentType: string
  /** Told what was read of it. Nobody may change that. */
  readonly seen?: (value: unknown) => void
}

/** The connection behind a call, for those that need its headers or take it over (exec, port-forward, proxy). */
export interface Connection {
  readonly exchange: Exchange
}

export interface ApiCall {
  readonly user: UserInfo
  readonly info: RequestInfo
  readonly query: URLSearchParams
  readonly body: CallBody
  readonly userAgent: string
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
  /** Becomes a `Warning` header. */
  readonly warn: (text: string) => void
  /** Added to the audit record of the call. */
  readonly annotate: (key: string, value: string) => void
  readonly connection?: Connection
  /** The form in which the client sent it, when the call is about another one because that is the one that is stored. */
  readonly sentAs?: AnyResource
}

/** An object as it is served: the value, and its JSON bytes, which are made once and kept. */
export interface ServedObject {
  readonly object: KubeObject
  readonly json: () => Uint8Array
}

export interface ServedEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"
  readonly served: ServedObject
  /** Of MODIFIED: what it was. */
  readonly previous?: ServedObject
}

/** What a watch delivers. */
export interface ServedEvents extends AsyncIterable<ServedEvent> {
  /**
   * The same without a turn of the event loop for each event, which thousands of watchers would pay for: `take` is
   * called as things happen, and tells, with a promise when it has to wait, whether it wants more. Resolves at the end;
   * rejects with what ends the watch.
   */
  pump?(take: TakeEvent): Promise<void>
}

export type TakeEvent = (event: ServedEvent) => boolean | Promise<boolean>

export type ApiResult =
  | { readonly type: "object"; readonly code: number; readonly resource: AnyResource; readonly served: ServedObject }
  | {
      readonly type: "list"
      readonly resource: AnyResource
      readonly items: readonly ServedObject[]
      readonly metadata: ListMetadata
    }
  | {
      readonly type: "watch"
      readonly resource: AnyResource
      /** Ends at timeoutSeconds or when the client is gone; throws `StatusError`, which is sent as an ERROR event. */
      readonly events: ServedEvents
    }
  /** Any other JSON value (Status, Scale of another group, discovery, …), described by `struct` where protobuf is possible. */
  | { readonly type: "value"; readonly code: number; readonly value: unknown; readonly resource?: AnyResource }
  /** Bytes or a stream that pass through untouched: logs, proxied answers. */
  | {
      readonly type: "raw"
      readonly code: number
      readonly headers: Readonly<Record<string, string | readonly string[]>>
      readonly body: Uint8Array | AsyncIterable<Uint8Array>
    }
  /** The handler answered on the connection itself. */
  | { readonly type: "taken" }

export interface ListMetadata {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

/** Answers calls that passed authorization. Throws `StatusError`. */
export type CallHandler = (call: ApiCall) => Promise<ApiResult>

/** What an authorizer is asked. `allowed` false with a reason becomes a 403. */
export interface Authorizer {
  authorize(user: UserInfo, info: RequestInfo): Promise<AuthorizationDecision> | AuthorizationDecision
}
export interface AuthorizationDecision {
  readonly allowed: boolean
  readonly denied?: boolean
  readonly reason?: string
  /** What went wrong while deciding; who is not allowed then is told that instead of a refusal. */
  readonly error?: string
}
