# frozen_string_literal: true

# Footnotes as posts write them: `{% fn 1 %}` refers to a note, `{{ 'text' | fndetail: 1 }}` is the note, in place.
#
# Without plugins (`jekyll --safe`) Jekyll does not know these names; `notebooks.footnotes: html` writes notes that need none.
module Nbpress
  module Footnotes
    NUMBER = /\A\s*["']?([\w-]+)["']?\s*\z/
    BLOCK = /\A<(?:p|[uod]l|pre|div|table|blockquote|figure|h[1-6])\b/i

    # The superscript that leads to a note.
    class Reference < Liquid::Tag
      def initialize(tag, markup, options)
        super
        @number = markup[NUMBER, 1] or
          raise Liquid::SyntaxError, "fn takes the number of a note, as in {% fn 1 %}, not '#{markup.strip}'"
      end

      def render(context)
        seen = context.registers[:footnotes] ||= Hash.new(0)
        count = seen[@number] += 1
        # Only the first reference has the plain id: it is where the note leads back to.
        id = count == 1 ? "fnref-#{@number}" : "fnref-#{@number}-#{count}"
        %(<sup class="footnote-ref"><a id="#{id}" href="#fn-#{@number}" role="doc-noteref" aria-label="Footnote #{@number}">#{@number}</a></sup>)
      end
    end

    # The note. It stands inside a paragraph, where HTML allows no block elements: hence spans, and CSS makes the block.
    # One of several paragraphs stands between paragraphs, and a span could not hold it.
    def fndetail(text, number)
      number = number.to_s[NUMBER, 1] or
        raise Liquid::ArgumentError, "fndetail takes the number of the note, as in {{ 'text' | fndetail: 1 }}"
      back = %(<a class="footnote-back" href="#fnref-#{number}" role="doc-backlink" aria-label="Back to footnote #{number} in the text">↩</a>)
      text = text.to_s.strip
      box = text.match?(BLOCK) ? "div" : "span"
      text = "#{text.delete_suffix('</p>')} #{back}#{'</p>' if text.end_with?('</p>')}"
      %(<#{box} class="footnote" id="fn-#{number}" role="note" aria-label="Footnote #{number}">) +
        %(<span class="footnote-number" aria-hidden="true">#{number}</span>) +
        %(<#{box} class="footnote-text">#{text}</#{box}></#{box}>)
    end
  end
end

# Footnotes of Markdown posts: kramdown gives the roles to elements that may not have them, and no names to its arrows.
module Nbpress
  module MarkdownFootnotes
    MARK = %r{<sup id="(?<id>fnref:[^"]+)"[^>]*><a href="(?<note>#fn:[^"]+)"[^>]*>(?<number>[^<]+)</a></sup>}
    BACK = %r{<a href="(?<mark>#fnref:[^"]+)" class="reversefootnote"[^>]*>(?<arrow>[^<]*(?:<sup>(?<count>\d+)</sup>)?)</a>}

    module_function

    def mend(html)
      html
        .gsub(MARK, '<sup class="footnote-ref"><a id="\k<id>" href="\k<note>" role="doc-noteref" aria-label="Footnote \k<number>">\k<number></a></sup>')
        .gsub(BACK, '<a href="\k<mark>" role="doc-backlink" aria-label="Back to the text \k<count>">\k<arrow></a>')
        .gsub(' role="doc-endnote"', "")
        .sub('<div class="footnotes" role="doc-endnotes">', '<div class="footnotes" role="doc-endnotes" aria-label="Footnotes">')
    end
  end
end

Jekyll::Hooks.register %i[posts pages], :post_convert do |document|
  document.content = Nbpress::MarkdownFootnotes.mend(document.content) if document.content.include?('role="doc-endnotes"')
end

Liquid::Template.register_tag("fn", Nbpress::Footnotes::Reference)
Liquid::Template.register_filter(Nbpress::Footnotes)
