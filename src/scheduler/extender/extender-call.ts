import { readFileSync } from "node:fs"
import type { ClientRequest } from "node:http"
import { request as httpsRequest } from "node:https"
import type { Clock } from "../../platform/clock.ts"
import { http } from "../../platform/on-first-use.ts"
import type { ExtenderConfig } from "../config/extender-config.ts"

/** Posts JSON to an extender and gives what it answers. Throws when it cannot be asked, says no, or takes too long. */
export type ExtenderCall = (verb: string, body: object) => Promise<unknown>

const ANSWER_BYTES_MAX = 64 * 1024 * 1024

export function createExtenderCall(config: ExtenderConfig, clock: Clock): ExtenderCall {
  const tls = tlsOptions(config)
  const prefix = config.urlPrefix.replace(/\/+$/, "")
  return (verb, body) => clock.outside(post(`${prefix}/${verb}`, verb, JSON.stringify(body), tls, config, clock))
}

/** Without a certificate authority the server's certificate is not verified, as in kube-scheduler. */
function tlsOptions({ https, tls }: ExtenderConfig): object {
  const read = (data: string | undefined, file: string | undefined) =>
    data ? Buffer.from(data, "base64") : file ? readFileSync(file) : undefined
  const ca = read(tls.caData, tls.caFile)
  const cert = read(tls.certData, tls.certFile)
  const key = read(tls.keyData, tls.keyFile)
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(tls.serverName && { servername: tls.serverName }),
    rejectUnauthorized: !tls.insecure && !(https && ca === undefined),
  }
}

function post(
  url: string,
  verb: string,
  body: string,
  tls: object,
  { timeoutMs, urlPrefix }: ExtenderConfig,
  clock: Clock,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
    const options = { method: "POST", headers, agent: false, ...tls }
    const send = url.startsWith("https:") ? httpsRequest : http().request
    const request: ClientRequest = send(url, options, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on("error", reject)
      response.on("data", (chunk: Buffer) => {
        length += chunk.length
        if (length > ANSWER_BYTES_MAX) request.destroy(new Error(`the answer of extender ${urlPrefix} is too large`))
        else chunks.push(chunk)
      })
      response.on("end", () => {
        const code = response.statusCode ?? 0
        if (code !== 200) reject(new Error(`failed ${verb} with extender at URL ${url}, code ${code}`))
        else {
          try {
            resolve(JSON.parse(Buffer.concat(chunks).toString()))
          } catch (cause) {
            reject(new Error(`extender ${urlPrefix} answered ${verb} with something else than JSON`, { cause }))
          }
        }
      })
    })
    const timer = clock.after(timeoutMs, () =>
      request.destroy(
        new Error(
          `Post ${JSON.stringify(url)}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
        ),
      ),
    )
    request.on("error", (error) => reject(error))
    request.on("close", () => timer.cancel())
    request.end(body)
  })
}
