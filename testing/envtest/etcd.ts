import { createServer } from "node:http"
import { untilStopped } from "../../src/cmd/until-stopped.ts"
import { readFlags } from "./flags.ts"

/** In the place of etcd for Kubernetes' envtest: says that it is well. The API server beside it keeps its own store. */
const HELP = `Usage:
  --data-dir
  --listen-client-urls
  --listen-peer-urls
  --advertise-client-urls
  --unsafe-no-fsync
`

const args = process.argv.slice(2)
if (args.includes("--help")) process.stdout.write(HELP)
else {
  const url = new URL(readFlags(args).get("listen-client-urls") ?? "http://127.0.0.1:2379")
  const server = createServer((request, response) => {
    const isHealth = request.url === "/health"
    response.writeHead(isHealth ? 200 : 404, { "content-type": "application/json" })
    response.end(isHealth ? '{"health":"true","reason":""}' : "{}")
  })
  const stopped = untilStopped()
  server.listen(Number(url.port), url.hostname)
  await stopped
  server.closeAllConnections()
  server.close()
}
