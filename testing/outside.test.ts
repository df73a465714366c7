import assert from "node:assert/strict"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { test } from "node:test"
import { ValidatingWebhookConfiguration } from "../src/api/admissionregistration/v1/validating-webhook-configuration.ts"
import { ConfigMap } from "../src/api/core/v1/config-map.ts"
import { Namespace } from "../src/api/core/v1/namespace.ts"
import { Pod } from "../src/api/core/v1/pod.ts"
import { createHttpsTransport } from "../src/client/https/https-transport.ts"
import { createClient } from "../src/client/typed-client.ts"
import { makeCertificate } from "../src/pki/certificate.ts"
import { createNodePlatform } from "../src/platform/node/platform.ts"
import { isForbidden, startCluster } from "./index.ts"

/** What meets the world outside: clients over HTTPS, webhooks, other clusters in the process. */

const platform = createNodePlatform({ logLevel: "error" })

test("clients over HTTPS have the identity of their kubeconfig", async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const read = (text: string, name: string) => new RegExp(`${name}: "?([^"\\n]+)`).exec(text)?.[1] ?? ""
  const over = async (user?: string) => {
    const text = await cluster.kubeconfig(user)
    const ca = Buffer.from(read(text, "certificate-authority-data"), "base64").toString()
    const token = read(text, "token")
    const transport = createHttpsTransport({ server: read(text, "server"), ca, token, platform, userAgent: "test" })
    return { client: createClient(transport, { fieldManager: "outside" }), transport }
  }
  const [admin, bob] = [await over(), await over("bob")]
  try {
    const spec = { containers: [{ name: "main", image: "web:1" }] }
    await admin.client.of(Pod).create({ metadata: { name: "web", namespace: "default" }, spec })
    await cluster.settled()
    assert.equal((await admin.client.of(Pod).get({ namespace: "default", name: "web" })).status.phase, "Running")
    await assert.rejects(bob.client.of(Pod).list(), isForbidden)
    // Whatever clients still have open does not hold up the end.
    await cluster.close()
  } finally {
    admin.transport.close()
    bob.transport.close()
  }
})

/** A webhook that refuses, or never answers. */
async function startWebhook(mode: "refuse" | "hang") {
  const ca = makeCertificate({ commonName: "webhook-ca", usage: "ca", validMs: 3_600_000 }, undefined, platform)
  const hosts = ["127.0.0.1"]
  const { cert, key } = makeCertificate(
    { commonName: "webhook", usage: "server", hosts, validMs: 3_600_000 },
    ca,
    platform,
  )
  const server = createServer({ cert, key }, async (request, response) => {
    if (mode === "hang") return
    const review = JSON.parse(Buffer.concat(await request.toArray()).toString()) as { request: { uid: string } }
    const { uid } = review.request
    const answer = { uid, allowed: false, status: { message: "not on a Friday" } }
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: answer }))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const clientConfig = { url, caBundle: Buffer.from(ca.cert).toString("base64") }
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return { clientConfig, stop }
}

test("virtual time waits for webhooks that answer", async () => {
  await using cluster = await startCluster()
  const { client } = cluster
  const { clientConfig, stop } = await startWebhook("refuse")
  try {
    await client.of(ValidatingWebhookConfiguration).create({
      metadata: { name: "friday" },
      webhooks: [
        {
          name: "friday.example.com",
          clientConfig,
          timeoutSeconds: 1,
          rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "strict" } },
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
        },
      ],
    })
    await cluster.settled()
    await client.of(Namespace).create({ metadata: { name: "strict" } })
    const refused = client.of(ConfigMap).create({ metadata: { name: "settings", namespace: "strict" } })
    await Promise.all([cluster.clock.advance("1h"), assert.rejects(refused, /denied the request: not on a Friday/)])
  } finally {
    stop()
  }
})

test("fifty clusters run side by side and know nothing of each other", async () => {
  const clusters = await Promise.all(Array.from({ length: 50 }, (_, seed) => startCluster({ seed, nodes: 1 })))
  try {
    await Promise.all(
      clusters.map(async ({ client }, index) => {
        const metadata = { name: `pod-${index}`, namespace: "default" }
        await client.of(Pod).create({ metadata, spec: { containers: [{ name: "main", image: "web:1" }] } })
      }),
    )
    await Promise.all(clusters.map((cluster) => cluster.settled()))
    for (const [index, { client }] of clusters.entries()) {
      const pods = (await client.of(Pod).list()).items
      assert.deepEqual(
        pods.map(({ metadata, status }) => [metadata.name, status.phase]),
        [[`pod-${index}`, "Running"]],
      )
    }
  } finally {
    await Promise.all(clusters.map((cluster) => cluster.close()))
  }
})
