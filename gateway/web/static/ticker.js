// A worker's timer: browsers slow down the timers of hidden pages, and a duty desk is often a hidden page.
setInterval(() => postMessage(0), 1000);
