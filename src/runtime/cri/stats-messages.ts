import { double, int32, int64, map, message, nested, repeated, text } from "../../machinery/grpc/messages.ts"

/** Messages of CRI v1 about what containers and pods use, and whose use it is. https://github.com/kubernetes/cri-api */

export const PodSandboxMetadata = message("runtime.v1.PodSandboxMetadata", {
  name: text(1),
  uid: text(2),
  namespace: text(3),
  attempt: int64(4),
})

export const ContainerMetadata = message("runtime.v1.ContainerMetadata", {
  name: text(1),
  attempt: int64(2),
})

export const PodSandboxStatsRequest = message("runtime.v1.PodSandboxStatsRequest", {
  podSandboxId: text(1),
})

export const ContainerAttributes = message("runtime.v1.ContainerAttributes", {
  id: text(1),
  metadata: nested(2, ContainerMetadata),
  labels: map(3, "string"),
  annotations: map(4, "string"),
})

export const PsiData = message("runtime.v1.PsiData", {
  Total: int64(1),
  Avg10: double(2),
  Avg60: double(3),
  Avg300: double(4),
})

export const PsiStats = message("runtime.v1.PsiStats", {
  Full: nested(1, PsiData),
  Some: nested(2, PsiData),
})

export const UInt64Value = message("runtime.v1.UInt64Value", {
  value: int64(1),
})

export const CpuUsage = message("runtime.v1.CpuUsage", {
  timestamp: int64(1),
  usageCoreNanoSeconds: nested(2, UInt64Value),
  usageNanoCores: nested(3, UInt64Value),
  psi: nested(4, PsiStats),
})

export const FilesystemIdentifier = message("runtime.v1.FilesystemIdentifier", {
  mountpoint: text(1),
})

export const FilesystemUsage = message("runtime.v1.FilesystemUsage", {
  timestamp: int64(1),
  fsId: nested(2, FilesystemIdentifier),
  usedBytes: nested(3, UInt64Value),
  inodesUsed: nested(4, UInt64Value),
})

export const IoUsage = message("runtime.v1.IoUsage", {
  timestamp: int64(1),
  psi: nested(2, PsiStats),
})

export const MemoryUsage = message("runtime.v1.MemoryUsage", {
  timestamp: int64(1),
  workingSetBytes: nested(2, UInt64Value),
  availableBytes: nested(3, UInt64Value),
  usageBytes: nested(4, UInt64Value),
  rssBytes: nested(5, UInt64Value),
  pageFaults: nested(6, UInt64Value),
  majorPageFaults: nested(7, UInt64Value),
  psi: nested(8, PsiStats),
})

export const SwapUsage = message("runtime.v1.SwapUsage", {
  timestamp: int64(1),
  swapAvailableBytes: nested(2, UInt64Value),
  swapUsageBytes: nested(3, UInt64Value),
})

export const ContainerStats = message("runtime.v1.ContainerStats", {
  attributes: nested(1, ContainerAttributes),
  cpu: nested(2, CpuUsage),
  memory: nested(3, MemoryUsage),
  writableLayer: nested(4, FilesystemUsage),
  swap: nested(5, SwapUsage),
  io: nested(6, IoUsage),
})

export const NetworkInterfaceUsage = message("runtime.v1.NetworkInterfaceUsage", {
  name: text(1),
  rxBytes: nested(2, UInt64Value),
  rxErrors: nested(3, UInt64Value),
  txBytes: nested(4, UInt64Value),
  txErrors: nested(5, UInt64Value),
})

export const NetworkUsage = message("runtime.v1.NetworkUsage", {
  timestamp: int64(1),
  defaultInterface: nested(2, NetworkInterfaceUsage),
  interfaces: repeated(3, NetworkInterfaceUsage),
})

export const ProcessUsage = message("runtime.v1.ProcessUsage", {
  timestamp: int64(1),
  processCount: nested(2, UInt64Value),
})

export const LinuxPodSandboxStats = message("runtime.v1.LinuxPodSandboxStats", {
  cpu: nested(1, CpuUsage),
  memory: nested(2, MemoryUsage),
  network: nested(3, NetworkUsage),
  process: nested(4, ProcessUsage),
  containers: repeated(5, ContainerStats),
  io: nested(6, IoUsage),
})

export const PodSandboxAttributes = message("runtime.v1.PodSandboxAttributes", {
  id: text(1),
  metadata: nested(2, PodSandboxMetadata),
  labels: map(3, "string"),
  annotations: map(4, "string"),
})

export const PodSandboxStats = message("runtime.v1.PodSandboxStats", {
  attributes: nested(1, PodSandboxAttributes),
  linux: nested(2, LinuxPodSandboxStats),
})

export const PodSandboxStatsResponse = message("runtime.v1.PodSandboxStatsResponse", {
  stats: nested(1, PodSandboxStats),
})

export const PodSandboxStatsFilter = message("runtime.v1.PodSandboxStatsFilter", {
  id: text(1),
  labelSelector: map(2, "string"),
})

export const ListPodSandboxStatsRequest = message("runtime.v1.ListPodSandboxStatsRequest", {
  filter: nested(1, PodSandboxStatsFilter),
})

export const ListPodSandboxStatsResponse = message("runtime.v1.ListPodSandboxStatsResponse", {
  stats: repeated(1, PodSandboxStats),
})

export const StreamPodSandboxStatsRequest = message("runtime.v1.StreamPodSandboxStatsRequest", {
  filter: nested(1, PodSandboxStatsFilter),
})

export const StreamPodSandboxStatsResponse = message("runtime.v1.StreamPodSandboxStatsResponse", {
  podSandboxStats: repeated(1, PodSandboxStats),
})

export const ContainerStatsRequest = message("runtime.v1.ContainerStatsRequest", {
  containerId: text(1),
})

export const ContainerStatsResponse = message("runtime.v1.ContainerStatsResponse", {
  stats: nested(1, ContainerStats),
})

export const ContainerStatsFilter = message("runtime.v1.ContainerStatsFilter", {
  id: text(1),
  podSandboxId: text(2),
  labelSelector: map(3, "string"),
})

export const ListContainerStatsRequest = message("runtime.v1.ListContainerStatsRequest", {
  filter: nested(1, ContainerStatsFilter),
})

export const ListContainerStatsResponse = message("runtime.v1.ListContainerStatsResponse", {
  stats: repeated(1, ContainerStats),
})

export const StreamContainerStatsRequest = message("runtime.v1.StreamContainerStatsRequest", {
  filter: nested(1, ContainerStatsFilter),
})

export const StreamContainerStatsResponse = message("runtime.v1.StreamContainerStatsResponse", {
  containerStats: repeated(1, ContainerStats),
})

export const MetricDescriptor = message("runtime.v1.MetricDescriptor", {
  name: text(1),
  help: text(2),
  labelKeys: repeated(3, "string"),
})

export const ListMetricDescriptorsResponse = message("runtime.v1.ListMetricDescriptorsResponse", {
  descriptors: repeated(1, MetricDescriptor),
})

export const Metric = message("runtime.v1.Metric", {
  name: text(1),
  timestamp: int64(2),
  metricType: int32(3),
  labelValues: repeated(4, "string"),
  value: nested(5, UInt64Value),
})

export const ContainerMetrics = message("runtime.v1.ContainerMetrics", {
  containerId: text(1),
  metrics: repeated(2, Metric),
})

export const PodSandboxMetrics = message("runtime.v1.PodSandboxMetrics", {
  podSandboxId: text(1),
  metrics: repeated(2, Metric),
  containerMetrics: repeated(3, ContainerMetrics),
})

export const ListPodSandboxMetricsResponse = message("runtime.v1.ListPodSandboxMetricsResponse", {
  podMetrics: repeated(1, PodSandboxMetrics),
})

export const StreamPodSandboxMetricsResponse = message("runtime.v1.StreamPodSandboxMetricsResponse", {
  podSandboxMetrics: repeated(1, PodSandboxMetrics),
})
