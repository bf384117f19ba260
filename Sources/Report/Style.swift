/// The page's style sheet, the file `report.css` beside this one.
let reportStyle = String(decoding: PackageResources.report_css, as: UTF8.self)
