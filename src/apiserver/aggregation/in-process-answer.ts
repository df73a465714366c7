import type { IncomingMessage } from "node:http"
import { buffer } from "node:stream/consumers"
import { lines } from "../../client/https/lines.ts"
import { decodeUtf8, parseJson } from "../../machinery/json/parse.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { statusErrorFrom, statusErrorFromCode } from "../../machinery/status/from-response.ts"
import type { Clock } from "../../platform/clock.ts"
import type { ApiCall, ApiResult, ServedEvent } from "../call.ts"
import { type Backend, send } from "../streaming/send.ts"

/** Answers controllers in this process, which have no connection: they want values instead of bytes. */
export async function answerInProcess(call: ApiCall, backend: Backend, clock: Clock): Promise<ApiResult> {
  const { body, info, signal } = call
  const hasBody = body.type !== "none"
  const headers = {
    ...backend.headers,
    accept: "application/json",
    "user-agent": call.userAgent,
    ...(hasBody && { "content-type": body.contentType }),
  }
  const bytes = body.type === "value" ? Buffer.from(JSON.stringify(body.value)) : hasBody ? body.bytes : undefined
  const method = METHOD_OF_VERB.get(info.verb) ?? info.verb.toUpperCase()
  const reply = await send(backend, { method, headers, signal, body: bytes }, clock)
  if (reply.type === "switched") {
    reply.socket.destroy()
    throw statusErrorFromCode(502, "the backend switched protocols without being asked")
  }
  const { response } = reply
  const code = response.statusCode ?? 502
  if (code >= 200 && code < 300 && info.verb === "watch") {
    return { type: "watch", resource: FOREIGN, events: eventsOf(response) }
  }
  const content = await buffer(response)
  const isJson = String(response.headers["content-type"]).startsWith("application/json")
  const value = isJson ? parseJson(decodeUtf8(content)).value : undefined
  if (code < 200 || code > 299) throw statusErrorFrom(value) ?? statusErrorFromCode(code, content.toString())
  return { type: "value", code, value: isJson ? value : content.toString() }
}

const METHOD_OF_VERB = new Map([
  ["list", "GET"],
  ["watch", "GET"],
  ["create", "POST"],
  ["update", "PUT"],
  ["deletecollection", "DELETE"],
])

// Only encoders for the wire look at it.
const FOREIGN = {} as AnyResource

async function* eventsOf(response: IncomingMessage): AsyncGenerator<ServedEvent> {
  for await (const line of lines(response)) {
    const { type, object } = parseJson(line).value as { readonly type: string; readonly object: KubeObject }
    if (type === "ERROR") throw statusErrorFrom(object) ?? statusErrorFromCode(500, line)
    yield { type: type as ServedEvent["type"], served: { object, json: () => Buffer.from(JSON.stringify(object)) } }
  }
}
