# frozen_string_literal: true

# Gives words to the links and switches that a converted notebook leaves empty, for readers who hear the page.
# fastpages put collapsed parts into paragraphs, where no block may stand, and posts still say it like that: pages do not.
module Nbpress
  module Labels
    SUMMARY = %r{(?<head><summary\b[^<>]*?\sdata-open="(?<open>[^"]*)"\sdata-close="(?<close>[^"]*)"[^<>]*>)\s*</summary>}
    # pandas leaves the corner of a data frame empty: a header of nothing is a plain cell.
    CORNER = %r{<th(?: class="blank[^"]*")?\s*>(?:&nbsp;)?</th>}
    PARAGRAPH = %r{<p>\s*(?=<div class="(?:input|output_wrapper)")|(?<=</div>)\s*</p>(?=\s*</details>)}
    TASK = /<input(?=[^<>]*\stype="checkbox")(?=[^<>]*\sdisabled)(?![^<>]*\saria-label)(?<attributes>[^<>]*)>/
    ANCHOR = %r{<a class="anchor-link"(?<href> href="[^"]*")>\s*</a>}

    module_function

    # Writes the labels into *html*. Where no plugin runs, the style sheet still shows those of collapsed code.
    def write(html)
      html
        .gsub(SUMMARY) do
          label = Regexp.last_match
          %(#{label[:head]}<span class="when-closed">#{label[:close]}</span><span class="when-open">#{label[:open]}</span></summary>)
        end
        .gsub(ANCHOR, '<a class="anchor-link"\k<href> aria-label="Link to this heading"> </a>')
        .gsub(PARAGRAPH, "")
        .gsub(CORNER, "<td></td>")
        .gsub(TASK) do
          attributes = Regexp.last_match[:attributes]
          %(<input aria-label="#{attributes.match?(/\schecked/) ? 'Done' : 'Not done'}"#{attributes}>)
        end
    end
  end
end

Jekyll::Hooks.register %i[posts pages], :post_convert do |document|
  document.content = Nbpress::Labels.write(document.content) if %w[notebook post page].include?(document.data["layout"])
end
