# frozen_string_literal: true

# The table of contents of a post with `toc: true`, as `page.table_of_contents`: made once by Jekyll, so that it needs no script.
module Nbpress
  module Contents
    FOREIGN = %r{<!--.*?-->|<(?<name>script|style|textarea|pre|template)\b.*?</\k<name>\s*>}mi
    HEADING = %r{#{FOREIGN}|<h(?<level>[1-3])\b[^<>]*?\sid="(?<id>[^"<>]+)"[^<>]*>(?<text>.*?)</h\k<level>>}mi
    MATH = %r{<span class="math">[^<]*</span>|<math\b.*?</math>}m
    # A link inside a link is no HTML, and a heading's own anchor no text.
    NOT_TEXT = %r{<a class="anchor-link".*?</a>|<sup class="footnote-ref".*?</sup>|<(?!/?(?:code|em|strong|sub|sup)>)[^>]*>}mi

    module_function

    # Lists the headings of *html* as nested `ol`s, or nothing when a list would say nothing.
    def list(html)
      headings = []
      html.scan(HEADING) do
        heading = Regexp.last_match
        next unless heading[:id]

        text = heading[:text].gsub(/(?<math>#{MATH})|#{NOT_TEXT}/) { Regexp.last_match[:math] }.strip
        headings << [heading[:level].to_i, heading[:id], text] unless text.empty?
      end
      headings.size < 2 ? nil : nest(headings)
    end

    # Opens one list per deeper level and no more, whatever levels the author skipped.
    def nest(headings)
      open = []
      out = +""
      headings.each do |level, id, text|
        if open.empty? || level > open.last
          open << level
          out << "<ol>"
        else
          while open.size > 1 && level < open.last && level <= open[-2]
            open.pop
            out << "</li></ol>"
          end
          open[-1] = level
          out << "</li>"
        end
        out << %(<li><a href="##{id}">#{text}</a>)
      end
      out << ("</li></ol>" * open.size)
    end
  end
end

Jekyll::Hooks.register :posts, :post_convert do |post|
  post.data["table_of_contents"] = Nbpress::Contents.list(post.content) if post.data["toc"]
end
