set encoding utf8
set logscale y 2
set format y "%.3g"
set grid ytics
set xtics rotate by 45 right noenhanced
set lmargin 16
set ylabel "ratio to in-tree (less is better)"
set key outside top center horizontal
set terminal svg size 960,540 dynamic background rgb 'white'

set output "discard-uml-up-1.svg"
set title "discard: uml-up, CPUs: 1"
set xrange [-0.6:1.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/discard-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "fio-uml-up-1.svg"
set title "fio: uml-up, CPUs: 1"
set xrange [-0.6:3.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/fio-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "io-6.12-1.svg"
set title "io: 6.12, CPUs: 1"
set xrange [-0.6:7.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/io-6.12-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "io-uml-up-1.svg"
set title "io: uml-up, CPUs: 1"
set xrange [-0.6:23.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/io-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "lifecycle-uml-up-1.svg"
set title "lifecycle: uml-up, CPUs: 1"
set xrange [-0.6:2.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/lifecycle-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "memory-uml-up-1.svg"
set title "memory: uml-up, CPUs: 1"
set xrange [-0.6:39.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/memory-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "pressure-6.12-2.svg"
set title "pressure: 6.12, CPUs: 2"
set xrange [-0.6:15.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/pressure-6.12-2.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "pressure-7.2-2.svg"
set title "pressure: 7.2, CPUs: 2"
set xrange [-0.6:15.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/pressure-7.2-2.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "profile-6.12-1.svg"
set title "profile: 6.12, CPUs: 1"
set xrange [-0.6:17.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/profile-6.12-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "scale-uml-fast-2.svg"
set title "scale: uml-fast, CPUs: 2"
set xrange [-0.6:119.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/scale-uml-fast-2.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "swap-6.12-1.svg"
set title "swap: 6.12, CPUs: 1"
set xrange [-0.6:6.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/swap-6.12-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "swap-uml-fast-2.svg"
set title "swap: uml-fast, CPUs: 2"
set xrange [-0.6:9.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/swap-uml-fast-2.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "swap-uml-up-1.svg"
set title "swap: uml-up, CPUs: 1"
set xrange [-0.6:6.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/swap-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "writeback-uml-up-1.svg"
set title "writeback: uml-up, CPUs: 1"
set xrange [-0.6:10.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/writeback-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"

set terminal pngcairo size 960,540

set output "discard-uml-up-1.png"
set title "discard: uml-up, CPUs: 1"
set xrange [-0.6:1.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/discard-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "fio-uml-up-1.png"
set title "fio: uml-up, CPUs: 1"
set xrange [-0.6:3.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/fio-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "io-6.12-1.png"
set title "io: 6.12, CPUs: 1"
set xrange [-0.6:7.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/io-6.12-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "io-uml-up-1.png"
set title "io: uml-up, CPUs: 1"
set xrange [-0.6:23.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/io-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "lifecycle-uml-up-1.png"
set title "lifecycle: uml-up, CPUs: 1"
set xrange [-0.6:2.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/lifecycle-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "memory-uml-up-1.png"
set title "memory: uml-up, CPUs: 1"
set xrange [-0.6:39.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/memory-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "pressure-6.12-2.png"
set title "pressure: 6.12, CPUs: 2"
set xrange [-0.6:15.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/pressure-6.12-2.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "pressure-7.2-2.png"
set title "pressure: 7.2, CPUs: 2"
set xrange [-0.6:15.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/pressure-7.2-2.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "profile-6.12-1.png"
set title "profile: 6.12, CPUs: 1"
set xrange [-0.6:17.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/profile-6.12-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "scale-uml-fast-2.png"
set title "scale: uml-fast, CPUs: 2"
set xrange [-0.6:119.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/scale-uml-fast-2.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "swap-6.12-1.png"
set title "swap: 6.12, CPUs: 1"
set xrange [-0.6:6.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/swap-6.12-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "swap-uml-fast-2.png"
set title "swap: uml-fast, CPUs: 2"
set xrange [-0.6:9.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/swap-uml-fast-2.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "swap-uml-up-1.png"
set title "swap: uml-up, CPUs: 1"
set xrange [-0.6:6.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/swap-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"


set output "writeback-uml-up-1.png"
set title "writeback: uml-up, CPUs: 1"
set xrange [-0.6:10.6]
plot 1 with lines lc rgb "#888888" dt 2 title "in-tree", \
  "charts/writeback-uml-up-1.dat" using 0:2:3:4:xtic(1) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb "#3b75af" title "zram2, median and spread", \
  "" using 0:5 with points pt 2 ps 1 lw 1.5 lc rgb "#c03028" title "goal"

