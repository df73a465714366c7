/**
 * How a client reaches an API server. There are two: HTTPS, and in-process, which skips sockets and encoding but not
 * identity, authorization or admission. Everything above (typed client, informers, controllers) is the same on both.
 */
export interface Transport {
  /** Sends one request and returns the decoded answer. Throws `StatusError` for every refusal by the server. */
  send(request: ApiRequest): Promise<unknown>
  /**
   * Opens a watch. The iterable ends when the server closes the stream (resume from the last resourceVersion seen),
   * and throws `StatusError` when the server refuses or reports an error event (`isExpired(e)`: list again).
   */
  watch(request: ApiRequest): AsyncIterable<WatchEvent<unknown>>
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

export interface ApiRequest {
  readonly method: Method
  /** Such as `/api/v1/namespaces/default/pods/web/status`. Segments are percent-encoded. */
  readonly path: string
  /** Query parameters by name, such as `labelSelector`. */
  readonly query?: ReadonlyMap<string, string>
  /** For PATCH: which patch it is. Otherwise JSON. */
  readonly contentType?: string
  /** A JSON value. The callee must not change it, and the caller must not change it afterwards. */
  readonly body?: unknown
  readonly signal?: AbortSignal
}

export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"
export interface WatchEvent<T> {
  readonly type: WatchEventType
  /** For BOOKMARK only metadata.resourceVersion (and annotations) are set. */
  readonly object: T
}
