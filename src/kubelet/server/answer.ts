import type { ServerResponse } from "node:http"

/** Answers as the kubelet does: errors are plain text, except where it happens to be JSON in plain text. */

export class HttpError extends Error {
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  type = "text/plain; charset=utf-8",
): void {
  const body = Buffer.from(text)
  response.writeHead(status, { "Content-Type": type, "Content-Length": body.length })
  response.end(body)
}

export function sendJson(response: ServerResponse, value: unknown): void {
  sendText(response, 200, JSON.stringify(value), "application/json")
}
