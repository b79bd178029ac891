"""Scenario texts the tests share: one that uses every word of the format, and the smallest one."""

SMALL = """\
version: 1
name: small
duration: 60s
path:
  forward: {rate: 50Mbps, delay: 20ms, queue: {kind: droptail, size: 300ms}}
  reverse: {delay: 20ms}
timeline:
  - {at: 20s, forward: {rate: 1Gbps}}
  - {at: 40s, forward: {rate: 50Mbps}}
flows:
  - name: video
expect:
  - flows.video.utilisation >= 0.85
  - flows.video.changes[*].settling_s <= 5
"""

FULL = """\
version: 1
name: full-1.0
description: Everything the format can say.
duration: 60s
seed: 7
path:
  forward:
    hops:
      - name: wifi
        rate: 100Mbps
        delay: 2.5ms
        queue: {kind: droptail, size: 250kB}
        loss: {kind: gilbert-elliott, p: 1%, r: 30%, loss_bad: 90%, loss_good: 0.1%}
        loss_at: entry
        jitter: {kind: ordered, std: 5ms}
        duplicate: 0.1%
        ecn: 5ms
      - name: radio
        trace: {file: trace.csv, format: csv, scale: 2.5, loop: false}
        delay: 20ms
        queue: {size: 100packets}
        loss: 0.5%
        jitter: {kind: reorder, std: 1ms, max: 2ms}
      - {name: cable, rate: 90Mbps, queue: {kind: codel, limit: 500packets, target: 4ms, interval: 80ms, ecn: true}}
      - {name: home, rate: 90Mbps, queue: {kind: fq-codel, limit: 9000packets, target: 4ms, interval: 80ms, flows: 64,
                                           quantum: 300B, memory: 4MB, ecn: false}}
      - {name: modem, rate: 90Mbps, queue: {kind: pie, limit: 200packets, target: 20ms, tupdate: 30ms, ecn: true}}
      - {name: router, rate: 90Mbps, queue: {kind: cake, rtt: 50ms, isolation: dual-srchost, memory: 1MB}}
  reverse: {rate: 20Mbps, delay: 20ms, loss: none, jitter: none}
timeline:
  - {at: 5s, forward: {hop: wifi, rate: 50Mbps, loss: none, jitter: {kind: ordered, std: 1ms}, queue: {size: 1s}}}
  - {at: 10s, forward: {hop: wifi, rate: 100Mbps}, reverse: {delay: 50ms, duplicate: 1%}, ramp: {over: 5s}}
  - {at: 30s, forward: {hop: radio, loss: {kind: bernoulli, p: 2%}}}
flows:
  - name: video
    start: 0s
    stop: 50s
    rate: {min: 5Mbps, max: 120Mbps, start: 6Mbps}
    encoder: {kind: model, resolution: 4320p, fps: 120, ladder: fixed, key_ratio: 4, transient_frames: 8,
              reaction: 100ms, size_scale: 15%, interval_scale: 0.15, transient_change: 10%,
              encode_time: 4ms, software_time: 8ms,
              min_rate: 1Mbps, max_rate: 200Mbps, key_interval: 2s}
    controller: {kind: nenc, gains: {kp: 0.5, ki: 0.1, kd: 0}, knobs: {slew: 0.05}, tick_rate: 120}
    feedback: {interval: 25ms}
    packet: 1000B
    pacer: {factor: 2, burst: 2ms}
    deadline: 300ms
    hops: {forward: [wifi, radio]}
    ecn: true
  - name: second
    start: 10s
    encoder: {kind: null, resolution: 1080p}
    controller: {kind: fixed}
    hops: {forward: [wifi]}
  - name: filmed
    encoder: {kind: vaapi, resolution: 720p, fps: 30, codec: h264, mode: vbr, preset: veryfast, device: "driver:nenc",
              entry: slice, vbv: 300ms, qp: {min: 20, max: 45, initial: 30}, source: {complexity: 75%, cut: 5s},
              threads: 1, latency: fixed, isolate: true, quality: false, watchdog: 50ms}
    hops: {forward: [wifi]}
cross_traffic:
  - {name: burst, kind: cbr, rate: 10Mbps, start: 30s, stop: 35s, hops: [wifi], packet: 500B}
  - {name: bulk, kind: tcp-cubic, start: 20s, stop: 40s, hops: [cable, home], packet: 1400B, streams: 2}
  - {name: web, kind: onoff, rate: 8Mbps, on: 1s, off: 3s, distribution: exponential, direction: reverse}
faults:
  - {at: 25s, flow: video, kind: gpu_failure, lasts: 5s}
  - {at: 31s, flow: video, kind: rung_switch, resolution: 1440p}
  - {at: 32s, flow: second, kind: key_frame}
  - {at: 34s, flow: filmed, kind: gpu_hang, lasts: 1s}
  - {at: 36s, flow: filmed, kind: gpu_reset, lasts: 1s}
  - {at: 38s, flow: filmed, kind: ignore_rate, lasts: 1s}
  - {at: 33s, flow: second, kind: feedback_stop, lasts: 1s}
expect:
  - flows.video.queue_delay_ms.p95 <= 80
  - flows[*].changes[-1].overshoot < 0.5
  - run.jain_last20s >= 0.95
"""

TRACE = "t_s,rate_mbps\n0,10\n1,20.5\n2,0\n"
