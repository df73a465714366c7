import { Deployment } from "../../src/api/apps/v1/deployment.ts"
import { type ControllerContext, customResource, defineController, ownerKey, splitKey } from "../index.ts"

/** A small operator, as an example: a Site asks for a web server, and gets a Deployment. */

export interface SiteSpec {
  readonly image: string
  readonly replicas?: number
}
export interface SiteStatus {
  readonly ready: number
}

export const Site = customResource<SiteSpec, SiteStatus>({
  group: "example.com",
  version: "v1",
  kind: "Site",
  plural: "sites",
})

export const siteDefinition = {
  metadata: { name: "sites.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { kind: "Site", plural: "sites", singular: "site", listKind: "SiteList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            required: ["spec"],
            properties: {
              spec: {
                type: "object",
                required: ["image"],
                properties: {
                  image: { type: "string" },
                  replicas: { type: "integer", default: 2, minimum: 0 },
                },
                "x-kubernetes-validations": [
                  { rule: "!self.image.endsWith(':latest')", message: "image must have a version" },
                ],
              },
              status: { type: "object", properties: { ready: { type: "integer" } } },
            },
          },
        },
      },
    ],
  },
} as const

export const siteController = defineController({
  name: "site-operator",
  reads: [Site, Deployment],
  writes: [
    { resource: Deployment, verbs: ["patch"] },
    { resource: Site, subresource: "status", verbs: ["patch"] },
  ],
  start(context) {
    context.enqueueOn(Site)
    context.enqueueOn(Deployment, ownerKey(Site))
    return (key) => reconcile(context, key)
  },
})

async function reconcile({ client, events, informer }: ControllerContext, key: string): Promise<void> {
  const site = informer(Site).get(key)
  if (site === undefined || site.metadata.deletionTimestamp !== undefined) return
  const { name, namespace = "", uid } = site.metadata
  const labels = { site: name }
  const { image, replicas } = site.spec
  const owner = { apiVersion: "example.com/v1", kind: "Site", name, uid, controller: true, blockOwnerDeletion: true }
  const wanted = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, ownerReferences: [owner] },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image }] } },
    },
  }
  const before = informer(Deployment).get(key)
  const deployment = await client.of(Deployment).patch({ namespace, name }, wanted, { type: "apply", force: true })
  if (before === undefined) events.record(site, "Normal", "Created", `Created deployment ${name}`)
  const ready = deployment.status.readyReplicas ?? 0
  if (ready === site.status?.ready) return
  await client.of(Site).patch(splitKey(key), { status: { ready } }, { type: "merge", subresource: "status" })
}
