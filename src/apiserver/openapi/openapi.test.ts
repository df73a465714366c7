import assert from "node:assert/strict"
import type { ClientHttp2Session } from "node:http2"
import { after, before, test } from "node:test"
import { builtinResources, subresourceKinds } from "../../api/all.ts"
import { realClock } from "../../platform/node/clock.ts"
import { ServedResources } from "../served/served-resources.ts"
import { openSession, sendH2, startTestServer, type TestServer } from "../testing.ts"
import { createOpenApi } from "./openapi.ts"

let server: TestServer
let session: ClientHttp2Session
before(async () => {
  const paths = createOpenApi({
    served: new ServedResources(builtinResources),
    subresourceKinds,
    gitVersion: "v1.36.0",
    clock: realClock,
  })
  server = await startTestServer(async () => ({ type: "value", code: 200, value: {} }), { paths })
  session = openSession(server)
})
after(async () => {
  session.close()
  await server.close()
})

const JSON_TYPE = "application/json"
const PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
const cases: readonly (readonly [accept: string, contentType: string])[] = [
  ["", JSON_TYPE],
  ["*/*", JSON_TYPE],
  ["application/json", JSON_TYPE],
  ["application/json, application/com.github.proto-openapi.spec.v2@v1.0+protobuf", JSON_TYPE],
  ["application/com.github.proto-openapi.spec.v2@v1.0+protobuf", PROTOBUF],
  [PROTOBUF, PROTOBUF],
]

for (const [accept, contentType] of cases) {
  test(`version 2 for "${accept}" is ${contentType}`, async () => {
    const headers: Record<string, string> = accept === "" ? {} : { accept }
    const answer = await sendH2(session, { path: "/openapi/v2", headers })
    assert.deepEqual([answer.code, answer.headers["content-type"]], [200, contentType])
    assert.equal(answer.body.startsWith('{"swagger":"2.0"'), contentType === JSON_TYPE)
  })
}
