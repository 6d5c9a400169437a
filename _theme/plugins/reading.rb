# frozen_string_literal: true

# How long a post takes to read, as `page.reading_minutes`, and what counts less when it is searched.
module Nbpress
  module Reading
    # Code and outputs are looked at, not read: only prose counts. Neither does the inside of a tag.
    NOT_PROSE = %r{<pre\b.*?</pre>|<(script|style|svg|table)\b.*?</\1\s*>|<[^>]*>}mi
    WORDS_PER_MINUTE = 200.0
    # A word in the text says more about a post than one in its code, or in what the code printed.
    WEIGHTS = {
      '<div class="input">' => '<div class="input" data-pagefind-weight="0.3">',
      '<div class="output_wrapper">' => '<div class="output_wrapper" data-pagefind-weight="0.3">'
    }.freeze

    module_function

    def minutes(html)
      words = html.gsub(NOT_PROSE, " ").split.size
      [(words / WORDS_PER_MINUTE).ceil, 1].max
    end

    def weigh(html)
      html.gsub(/<div class="(?:input|output_wrapper)">/, WEIGHTS)
    end
  end
end

Jekyll::Hooks.register :posts, :post_convert do |post|
  post.data["reading_minutes"] = Nbpress::Reading.minutes(post.content)
  post.content = Nbpress::Reading.weigh(post.content)
end
