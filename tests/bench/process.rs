//! What processes use, as the kernel counts it.

/// A process and its children, now.
pub(crate) fn tree(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut at = 0;
    while let Some(&parent) = all.get(at) {
        let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
        at += 1;
    }
    all
}

/// CPU of a process tree since its start, ms. Kernel and user time by the scheduler's clock, where the kernel has it.
pub(crate) fn cpu_ms(pid: u32) -> f64 {
    tree(pid)
        .into_iter()
        .flat_map(|pid| std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten())
        .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|line| line.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()))
        .sum::<f64>()
        / 1e6
}

/// Anonymous and shared memory of a process tree, MB; what lies in files (libraries, the GL driver) is left out.
pub(crate) fn memory_mb(pid: u32) -> f64 {
    tree(pid)
        .into_iter()
        .filter_map(|pid| std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok())
        .flat_map(|text| {
            text.lines()
                .filter(|line| line.starts_with("Pss_Anon:") || line.starts_with("Pss_Shmem:"))
                .filter_map(|line| line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()))
                .collect::<Vec<_>>()
        })
        .sum::<f64>()
        / 1024.0
}
