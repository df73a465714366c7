import type { AnyStruct, InputOf, TypeOf } from "../schema/schema.ts"

/**
 * A gRPC service: its full name and its methods, from which clients and servers get their types.
 *
 *     const Identity = service("csi.v1.Identity", {
 *       GetPluginInfo: unary(Empty, PluginInfo),
 *       Watch: serverStream(Empty, Change),
 *     })
 */
export interface ServiceSchema<M extends Methods = Methods> {
  readonly name: string
  readonly methods: M
}

export interface MethodSchema<Req extends AnyStruct = AnyStruct, Res extends AnyStruct = AnyStruct> {
  readonly request: Req
  readonly response: Res
  readonly streams: boolean
}
export interface UnaryMethod<Req extends AnyStruct = AnyStruct, Res extends AnyStruct = AnyStruct>
  extends MethodSchema<Req, Res> {
  readonly streams: false
}
export interface StreamMethod<Req extends AnyStruct = AnyStruct, Res extends AnyStruct = AnyStruct>
  extends MethodSchema<Req, Res> {
  readonly streams: true
}
export type Methods = { readonly [name: string]: MethodSchema }

export function service<const M extends Methods>(name: string, methods: M): ServiceSchema<M> {
  return { name, methods }
}

/** One request, one response. */
export function unary<Req extends AnyStruct, Res extends AnyStruct>(
  request: Req,
  response: Res,
): UnaryMethod<Req, Res> {
  return { request, response, streams: false }
}

/** One request, any number of responses. */
export function serverStream<Req extends AnyStruct, Res extends AnyStruct>(
  request: Req,
  response: Res,
): StreamMethod<Req, Res> {
  return { request, response, streams: true }
}

export interface CallOptions {
  /** The call fails with `DeadlineExceeded` when it takes longer. Default: no limit. */
  readonly timeoutMs?: number
  /** Ends the call; it then fails with `Canceled`. */
  readonly signal?: AbortSignal
}

/** What a server's method learns about its call. */
export interface ServerCall {
  /** Aborts when the client has cancelled, is gone, or its deadline has passed. */
  readonly signal: AbortSignal
}

/** The calls of a service. All fail with `GrpcError`. */
export type ClientOf<S> =
  S extends ServiceSchema<infer M>
    ? {
        readonly [K in keyof M]: M[K] extends StreamMethod<infer Req, infer Res>
          ? /** Leaving the loop early cancels the call. */
            (request: InputOf<Req>, options?: CallOptions) => AsyncGenerator<TypeOf<Res>, void, undefined>
          : M[K] extends MethodSchema<infer Req, infer Res>
            ? (request: InputOf<Req>, options?: CallOptions) => Promise<TypeOf<Res>>
            : never
      }
    : never

/** The methods of a service, all of them or some; the others answer `Unimplemented`. */
export type HandlersOf<S> =
  S extends ServiceSchema<infer M>
    ? {
        readonly [K in keyof M]?: M[K] extends StreamMethod<infer Req, infer Res>
          ? (request: TypeOf<Req>, call: ServerCall) => AsyncIterable<InputOf<Res>>
          : M[K] extends MethodSchema<infer Req, infer Res>
            ? (request: TypeOf<Req>, call: ServerCall) => Promise<InputOf<Res>>
            : never
      }
    : never
