import { DaemonSet } from "./apps/v1/daemon-set.ts"
import { StatefulSet } from "./apps/v1/stateful-set.ts"
import { HorizontalPodAutoscaler } from "./autoscaling/v1/horizontal-pod-autoscaler.ts"
import { HorizontalPodAutoscaler as Autoscaler2 } from "./autoscaling/v2/horizontal-pod-autoscaler.ts"
import { CronJob } from "./batch/v1/cron-job.ts"
import { Job } from "./batch/v1/job.ts"
import { PodTemplate } from "./core/v1/pod-template.ts"
import { ResourceQuota } from "./core/v1/resource-quota.ts"
import { PodDisruptionBudget } from "./policy/v1/pod-disruption-budget.ts"
import { testRows } from "./testing.ts"

const created = "2026-01-01T00:00:00Z"
const podTemplate = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "i" }] } }
const scaled = { scaleTargetRef: { kind: "Deployment", name: "web" }, maxReplicas: 5 }
const autoscalerHeaders = "Reference Targets MinPods MaxPods Replicas Age"

testRows([
  {
    name: "a stateful set",
    resource: StatefulSet,
    manifest: { spec: { replicas: 2, template: podTemplate }, status: { readyReplicas: 1 } },
    headers: "Ready Age Containers Images",
    cells: ["1/2", "60m", "c", "i"],
  },
  {
    name: "a daemon set",
    resource: DaemonSet,
    manifest: {
      spec: {
        selector: { matchLabels: { app: "a" } },
        template: { ...podTemplate, spec: { ...podTemplate.spec, nodeSelector: { disk: "ssd" } } },
      },
      status: { desiredNumberScheduled: 5, currentNumberScheduled: 4, numberReady: 3, updatedNumberScheduled: 2 },
    },
    headers: "Desired Current Ready Up-to-date Available Node_Selector Age Containers Images Selector",
    cells: [5, 4, 3, 2, 0, "disk=ssd", "60m", "c", "i", "app=a"],
  },
  {
    name: "a job that is complete",
    resource: Job,
    manifest: {
      spec: { completions: 3, template: podTemplate },
      status: {
        succeeded: 3,
        startTime: created,
        completionTime: "2026-01-01T00:00:40Z",
        conditions: [{ type: "Complete", status: "True" }],
      },
    },
    headers: "Status Completions Duration Age Containers Images Selector",
    cells: ["Complete", "3/3", "40s", "60m", "c", "i", "<none>"],
  },
  {
    name: "a job without completions that is on hold and being deleted",
    resource: Job,
    manifest: {
      metadata: { deletionTimestamp: created },
      spec: { parallelism: 2, template: podTemplate },
      status: { conditions: [{ type: "Suspended", status: "True" }] },
    },
    headers: "Status Completions Duration Age Containers Images Selector",
    cells: ["Terminating", "0/1 of 2", "", "60m", "c", "i", "<none>"],
  },
  {
    name: "a cron job",
    resource: CronJob,
    manifest: {
      spec: { schedule: "@daily", timeZone: "Europe/Berlin", jobTemplate: { spec: { template: podTemplate } } },
      status: { active: [{ name: "a" }], lastScheduleTime: "2026-01-01T00:30:00Z" },
    },
    headers: "Schedule Timezone Suspend Active Last_Schedule Age Containers Images Selector",
    cells: ["@daily", "Europe/Berlin", "False", 1, "30m", "60m", "c", "i", "<none>"],
  },
  {
    name: "an autoscaler that nothing was measured for",
    resource: Autoscaler2,
    manifest: { spec: scaled },
    headers: autoscalerHeaders,
    cells: ["Deployment/web", "cpu: <unknown>/80%", "1", 5, 0, "60m"],
  },
  {
    name: "an autoscaler of version 1",
    resource: HorizontalPodAutoscaler,
    manifest: {
      spec: { ...scaled, targetCPUUtilizationPercentage: 50 },
      status: { currentReplicas: 2, desiredReplicas: 2, currentCPUUtilizationPercentage: 40 },
    },
    headers: autoscalerHeaders,
    cells: ["Deployment/web", "cpu: 40%/50%", "1", 5, 2, "60m"],
  },
  {
    name: "an autoscaler with many measures",
    resource: Autoscaler2,
    manifest: {
      spec: {
        ...scaled,
        metrics: [
          { type: "Pods", pods: { metric: { name: "m" }, target: { type: "AverageValue", averageValue: "5" } } },
          { type: "External", external: { metric: { name: "m" }, target: { type: "Value", value: "9" } } },
          { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 1 } } },
        ],
      },
      status: {
        desiredReplicas: 0,
        currentMetrics: [{ type: "Pods", pods: { metric: { name: "m" }, current: { averageValue: "4500m" } } }],
      },
    },
    headers: autoscalerHeaders,
    cells: ["Deployment/web", "4500m/5, <unknown>/9 + 1 more...", "1", 5, 0, "60m"],
  },
  {
    name: "a disruption budget",
    resource: PodDisruptionBudget,
    manifest: { spec: { maxUnavailable: "50%" }, status: { disruptionsAllowed: 2 } },
    headers: "Min_Available Max_Unavailable Allowed_Disruptions Age",
    cells: ["N/A", "50%", 2, "60m"],
  },
  {
    name: "a quota",
    resource: ResourceQuota,
    manifest: { status: { hard: { pods: "4", "limits.cpu": "2", cpu: "1" }, used: { pods: "3" } } },
    headers: "Request Limit Age",
    cells: ["cpu: 0/1, pods: 3/4", "limits.cpu: 0/2", "60m"],
  },
  {
    name: "a pod template",
    resource: PodTemplate,
    manifest: { template: podTemplate },
    headers: "Containers Images Pod_Labels",
    cells: ["c", "i", "app=a"],
  },
])
