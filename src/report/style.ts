/** How a report looks: by day and by night, from 320 pixels on, and on paper. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#fff;--card:#f7f8fa;--line:#dfe3e8;--ink:#1b1f24;--soft:#5b6470;--accent:#3b5fc9}
@media (prefers-color-scheme:dark){:root{--ground:#0f1216;--card:#15181d;--line:#2b313a;--ink:#e6e9ee;--soft:#9aa4b1;--accent:#8aa4ff}}
:root{--plot-ground:var(--card);--certificate-box:var(--ground)}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header,main,nav{max-width:1240px;margin:0 auto;padding:0 16px}
header{padding-top:32px}
h1{font-size:clamp(24px,4vw,34px);line-height:1.2;margin:0 0 6px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:22px;margin:44px 0 14px;padding-top:14px;border-top:1px solid var(--line)}
h3{font-size:17px;margin:26px 0 10px;overflow-wrap:anywhere}
h4{font-size:14px;margin:0;overflow-wrap:anywhere}
p{margin:4px 0 10px;max-width:78ch;overflow-wrap:anywhere}
.lead{color:var(--soft);font-size:16px}
.note{border-left:3px solid var(--accent);padding:2px 0 2px 12px;color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:10px;margin:20px 0 8px}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px 14px}
.tiles dt{color:var(--soft);font-size:12px}
.tiles dd{margin:0;font-size:20px;font-weight:650;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:6px 18px;padding:0;margin:18px 0 0}
a{color:var(--accent)}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,378px),1fr));gap:16px;align-items:start}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px;min-width:0}
figure.wide{grid-column:1/-1}
figcaption p{color:var(--soft);font-size:12.5px;line-height:1.4;margin:2px 0 8px}
figure>svg,figure>img{margin:4px auto 0;max-width:100%}
figure img{display:block;height:auto;image-rendering:pixelated;border-radius:4px}
.scroll>img{margin:4px auto 0;max-width:100%;min-width:640px;image-rendering:auto}
figure>svg.plot{width:100%;max-width:560px}
figure>svg.certificate{display:block}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 14px;padding:0;margin:0 0 6px;font-size:12px}
.legend li{display:flex;align-items:center;gap:6px;overflow-wrap:anywhere}
.legend span{flex:none;width:16px;height:2px;border-radius:2px;background:var(--colour)}
.legend .strong{height:4px}
details{margin-top:8px;font-size:13px}
summary{cursor:pointer;color:var(--soft)}
.scroll{overflow-x:auto;max-width:100%}section>.scroll{margin:0 0 18px}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;width:100%}
th,td{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
thead th{color:var(--soft);font-weight:500;white-space:nowrap}
tbody th{font-weight:600}
.number{text-align:right;white-space:nowrap}
pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px;white-space:pre-wrap;overflow-wrap:anywhere;font-size:12.5px}
dl.words{display:grid;grid-template-columns:minmax(0,max-content) minmax(0,1fr);gap:4px 14px;margin:0 0 8px;font-size:13px}
figure>dl.words{margin-top:8px}
dl.words dt{font-weight:600;overflow-wrap:anywhere}
dl.words dd{margin:0}
footer{max-width:1240px;margin:48px auto 32px;padding:0 16px;color:var(--soft);font-size:12.5px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media (max-width:480px){dl.words{grid-template-columns:minmax(0,1fr)}dl.words dd{margin-bottom:6px}figure{padding:10px}}
@media print{details{display:none}figure{break-inside:avoid}}
`.replaceAll('\n', '')
