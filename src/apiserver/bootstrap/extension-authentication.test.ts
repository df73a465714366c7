import assert from "node:assert/strict"
import { test } from "node:test"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { startInformer } from "../../client/informer.ts"
import { makeCertificate } from "../../pki/certificate.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { STANDARD_HEADERS } from "../authentication/request-header.ts"
import { startTestBack } from "../resources/testing.ts"
import {
  EXTENSION_AUTHENTICATION,
  ensureExtensionAuthentication,
  keepExtensionAuthentication,
} from "./extension-authentication.ts"

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

test("it comes back when somebody deletes it", async (t) => {
  const back = await startTestBack()
  const stop = new AbortController()
  t.after(() => {
    stop.abort()
    return back.close()
  })
  const own = { clientCa: authority("a", 10_000) }
  const maps = startInformer(back.client, ConfigMap, { platform: back.platform, signal: stop.signal })
  await ensureExtensionAuthentication(back.client, own, platform.clock)
  const { metadata } = await back.client.of(ConfigMap).get(EXTENSION_AUTHENTICATION)
  const kept = keepExtensionAuthentication(back.client, own, back.platform)
  t.after(() => kept.close())
  await maps.synced
  await back.client.of(ConfigMap).delete(EXTENSION_AUTHENTICATION)
  await maps.until(() => (maps.list()[0]?.metadata.uid ?? metadata.uid) !== metadata.uid)
  assert.equal(maps.list()[0]?.data?.["client-ca-file"], own.clientCa)
})
