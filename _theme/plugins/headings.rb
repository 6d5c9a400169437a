# frozen_string_literal: true

# Gives the headings of hand-written posts and pages the links that those of notebooks have.
module Nbpress
  module Headings
    HEADING = %r{<h(?<level>[1-6]) id="(?<id>[^"]+)">(?<text>(?:(?!<a class="anchor-link").)*?)</h\k<level>>}m

    module_function

    def link(html)
      html.gsub(HEADING) do
        heading = Regexp.last_match
        level, id, text = heading[:level], heading[:id], heading[:text]
        %(<h#{level} id="#{id}">#{text}<a class="anchor-link" href="##{id}"> </a></h#{level}>)
      end
    end
  end
end

# Only what Markdown has made: headings in HTML are as their author wants them.
Jekyll::Hooks.register %i[posts pages], :post_convert do |document|
  markdown = %w[.md .markdown .mkd].include?(document.respond_to?(:extname) ? document.extname : document.ext)
  document.content = Nbpress::Headings.link(document.content) if markdown
end
