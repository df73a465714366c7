import type { IncomingMessage } from "node:http"
import type { Clock } from "../../platform/clock.ts"
import { send } from "../streaming/send.ts"

/** A node of 250 pods with two containers each tells 300 kB. */
const BYTES_MAX = 16 << 20

/** The CA of kubelets, and the certificate that this server shows them; PEM. Asked for each connection. */
export type KubeletTls = () => { readonly ca: string; readonly cert: string; readonly key: string }

export interface KubeletOptions {
  readonly clock: Pick<Clock, "after">
  readonly tls: KubeletTls
}

export interface KubeletQuestion {
  /** Default: GET. */
  readonly method?: string
  /** Default: what its node and containers use. */
  readonly target?: string
}

/** What a kubelet answers, as text. Throws when it does not, or refuses. */
export async function askKubelet(
  at: { readonly host: string; readonly port: number },
  signal: AbortSignal,
  { clock, tls }: KubeletOptions,
  { method = "GET", target = "/metrics/resource" }: KubeletQuestion = {},
): Promise<string> {
  const backend = { scheme: "https", ...at, target, tls: tls(), isPlain: true } as const
  const reply = await send(backend, { method, headers: { accept: "text/plain" }, signal }, clock)
  if (reply.type === "switched") {
    reply.socket.destroy()
    throw new Error("the kubelet switched protocols without being asked")
  }
  const { response } = reply
  const text = await readText(response)
  if (response.statusCode !== 200) throw new Error(`the kubelet answered ${response.statusCode}: ${text.slice(0, 200)}`)
  return text
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > BYTES_MAX) throw new Error(`the answer is larger than ${BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
