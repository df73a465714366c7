import type { ServerResponse } from "node:http"
import { answerZPage, flagsPage, statusPage, type ZPage } from "../../machinery/http/z-pages.ts"
import { StatusError } from "../../machinery/status/status-error.ts"
import { HttpError, sendText } from "./answer.ts"
import type { KubeletRequest } from "./context.ts"

const COMPONENT = "kubelet"
/** Those that help to find out what is wrong. */
const PATHS = ["/configz", "/flagz", "/healthz", "/metrics"]

/** `/statusz`: since when the kubelet runs, and in which version. */
export async function serveStatus(request: KubeletRequest, response: ServerResponse): Promise<void> {
  const { platform, version } = request
  if (version === undefined) throw new HttpError(404, "404: Page Not Found")
  const times = { startMs: Math.trunc(performance.timeOrigin), nowMs: platform.clock.nowMs() }
  send(request, response, statusPage(COMPONENT, version, { ...times, paths: PATHS }))
}

/** `/flagz`: what the agent was started with. */
export async function serveFlags(request: KubeletRequest, response: ServerResponse): Promise<void> {
  if (request.flags === undefined) throw new HttpError(404, "404: Page Not Found")
  send(request, response, flagsPage(COMPONENT, request.flags))
}

function send({ request }: KubeletRequest, response: ServerResponse, page: ZPage): void {
  try {
    const { body, headers } = answerZPage(page, request.headers.accept)
    response.writeHead(200, { ...headers, "content-length": body.length })
    response.end(body)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    sendText(response, error.code, JSON.stringify(error.toStatus()), "application/json")
  }
}
