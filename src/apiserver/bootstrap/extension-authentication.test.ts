import assert from "node:assert/strict"
import { test } from "node:test"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { makeCertificate } from "../../pki/certificate.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { STANDARD_HEADERS } from "../authentication/request-header.ts"
import { startTestBack } from "../resources/testing.ts"
import { EXTENSION_AUTHENTICATION, ensureExtensionAuthentication } from "./extension-authentication.ts"

const platform = createSimPlatform({ seed: 1 })
const authority = (commonName: string, validMs: number) =>
  makeCertificate({ commonName, usage: "ca", validMs }, undefined, platform).cert

test("extension servers learn how users are recognized; what other servers wrote stays, what has expired goes", async (t) => {
  const back = await startTestBack()
  t.after(() => back.close())
  const [clients, proxies, others] = ["a", "b", "c"].map((name) => authority(name, 10_000))
  const old = authority("old", 1000)
  const requestHeader = { ...STANDARD_HEADERS, ca: proxies ?? "" }
  const read = async () => ({ ...(await back.client.of(ConfigMap).get(EXTENSION_AUTHENTICATION)).data })
  const own = { clientCa: clients ?? "", requestHeader }
  await ensureExtensionAuthentication(back.client, own, platform.clock)
  const expected = {
    "client-ca-file": clients,
    "requestheader-allowed-names": '["front-proxy-client"]',
    "requestheader-client-ca-file": proxies,
    "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
    "requestheader-group-headers": '["X-Remote-Group"]',
    "requestheader-uid-headers": '["X-Remote-Uid"]',
    "requestheader-username-headers": '["X-Remote-User"]',
  }
  assert.deepEqual(await read(), expected)
  const data = { "client-ca-file": `${old}${others}`, "requestheader-allowed-names": '["x"]', other: "lost" }
  await back.client.of(ConfigMap).update({ metadata: EXTENSION_AUTHENTICATION, data })
  const later = { nowMs: () => platform.clock.nowMs() + 5000 }
  await ensureExtensionAuthentication(back.client, own, later)
  assert.deepEqual(await read(), {
    ...expected,
    "client-ca-file": `${others}${clients}`,
    "requestheader-allowed-names": '["x","front-proxy-client"]',
  })
})
