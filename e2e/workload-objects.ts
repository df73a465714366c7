import { BUSYBOX } from "./busybox-image.ts"

/** Objects of which tests need much the same. */

/** Pods of one container on busybox, which end quickly. `container` and `spec` say what else they are. */
export const podTemplate = (app: string, container: object, spec: object = {}) => ({
  metadata: { labels: { app } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: "main", image: BUSYBOX, imagePullPolicy: "IfNotPresent", ...container }],
    ...spec,
  },
})

/** On each node a pod that says its name, at its port 8080, called `web`. */
export const webOnEachNode = (app: string) => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: app },
  spec: {
    selector: { matchLabels: { app } },
    template: podTemplate(app, {
      imagePullPolicy: "Never",
      command: ["sh", "-c", "mkdir /w; hostname > /w/index.html; exec httpd -f -p 8080 -h /w"],
      ports: [{ name: "web", containerPort: 8080 }],
      readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
    }),
  },
})

/** Two pods with names, of the template's app. */
export const statefulPair = (template: ReturnType<typeof podTemplate>, spec: object = {}) => {
  const { app } = template.metadata.labels
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: app },
    spec: { replicas: 2, serviceName: app, selector: { matchLabels: { app } }, template, ...spec },
  }
}
