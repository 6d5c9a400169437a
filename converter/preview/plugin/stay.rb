# Jekyll that stays: it builds when it is told to, at once what somebody looks at and then everything, until its input
# ends. Orders come as lines of JSON, answers go out as such. `nbpress serve` adds this plugin to those of the blog.
# frozen_string_literal: true

require "json"

module Nbpress
  # Takes over from `jekyll build` as soon as settings and plugins are loaded.
  class Preview
    FAULTS = [StandardError, SystemExit, SystemStackError, Jekyll::Errors::FatalException].freeze

    class << self
      attr_accessor :running
    end

    def initialize(site)
      @first = site
      @config = site.config
      @built = nil # the last site that came to its end; what is rendered at once is rendered with it
      @orders = Queue.new
      @front_matter = {}.compare_by_identity
      # Plugins may print; nobody must take that for an answer.
      @answers = $stdout.dup
      @answers.sync = true
      $stdout.reopen($stderr)
      Jekyll.logger = Voice.new(self)
      [Jekyll::Document, Jekyll::Page].each { |kind| kind.prepend(WholePages) }
      Jekyll::StaticFile.prepend(FreshFiles)
    end

    def run
      Thread.new { listen }
      watch_for_orders
      until_answered while true
    end

    def answer(words)
      @answers.puts(JSON.generate(words))
    end

    private

    # Whoever started us is gone when the input ends, however that came about.
    def listen
      while (line = $stdin.gets)
        @orders << JSON.parse(line)
      end
    ensure
      exit!(0)
    end

    # A long build looks up at every document, and gives way to an order.
    def watch_for_orders
      Jekyll::Hooks.register(:site, :post_read) { |site| remember(site) }
      Jekyll::Hooks.register(%i(pages documents), :pre_render) { throw :newer if @building && @built && !@orders.empty? }
      Jekyll::Hooks.register(:documents, :post_init) { throw :newer if @building && @built && !@orders.empty? }
    end

    # Generators add to what stands in the front matter; what is read again has to be told from what they added.
    def remember(site)
      (site.posts.docs + site.pages).each { |item| @front_matter[item] = item.data.keys }
      @data_files = site.data.keys
    end

    def until_answered
      order = @orders.pop
      number = order["order"]
      loop do
        now(order) if @built
        answer("order" => number, "done" => "part", "unlisted" => unlisted, "addresses" => addresses)
        order = @orders.empty? ? nil : joined(order, @orders.pop)
        break unless order

        number = order["order"]
      end
      built = everything
      answer("order" => number, "done" => "all", "unlisted" => unlisted, "addresses" => addresses) if built
    rescue *FAULTS => e
      answer("order" => number, "done" => "failed", "message" => e.message.to_s)
    end

    # An order that nobody has begun with is part of the next one.
    def joined(first, second)
      second.merge("read" => first["read"] | second["read"])
    end

    def everything
      site = @built || @first == nil ? Jekyll::Site.new(@config) : @first
      @first = nil
      Jekyll.sites.replace([site])
      @front_matter.clear if @built.nil?
      @building = true
      done = catch(:newer) do
        site.process
        true
      end
      return unless done

      @front_matter.keep_if { |item, _| item.site.equal?(site) }
      @built = site
    ensure
      @building = false
    end

    # Render what was saved and what is looked at, with everything else as it was.
    def now(order)
      refresh
      items = order["read"].flat_map { |path| again(path) } + order["show"].flat_map { |url| shown(url) }
      payload = @built.site_payload
      items.uniq(&:relative_path).each do |item|
        item.renderer.payload = payload
        item.output = item.renderer.run
        item.trigger_hooks(:post_render)
        item.write(@built.dest)
      end
    end

    # Layouts, includes and data are read again; that takes milliseconds.
    def refresh
      @built.liquid_renderer.reset
      @built.inclusions = {} if @built.respond_to?(:inclusions=)
      @built.layouts = Jekyll::LayoutReader.new(@built).read
      added = @built.data.except(*@data_files)
      @built.instance_variable_set(:@site_data, nil)
      @built.reader.read_data
      @data_files = @built.data.keys
      @built.data = added.merge(@built.data)
    end

    def again(path)
      full = @built.in_source_dir(path)
      return [] unless File.file?(full)

      return copy(path) if static?(path, full)

      post = @built.posts.docs.find { |document| document.path == full }
      page = @built.pages.find { |one| one.instance_of?(Jekyll::Page) && @built.in_source_dir(one.path) == full }
      [post ? reread_post(post) : new_post(full, path), page ? reread_page(page) : new_page(full, path)].compact
    end

    def shown(url)
      wanted = plain(url)
      post = @built.posts.docs.find { |document| plain(document.url) == wanted }
      page = @built.pages.find { |one| one.instance_of?(Jekyll::Page) && plain(one.url) == wanted }
      page = nil unless page && File.file?(@built.in_source_dir(page.path))
      [post && reread_post(post), page && reread_page(page)].compact
    end

    def plain(url)
      Jekyll::URL.unescape_path(url)
    end

    def static?(path, full)
      published?(path) && !Jekyll::Utils.has_yaml_header?(full)
    end

    def published?(path)
      path.split("/").none? { |part| part.start_with?("_", ".") } && Jekyll::EntryFilter.new(@built).filter([path]).any?
    end

    def new_page(full, path)
      return unless published?(path) && Jekyll::Utils.has_yaml_header?(full)

      Jekyll::PageReader.new(@built, File.dirname("/#{path}")).read([File.basename(path)]).first.tap do |page|
        @front_matter[page] = page.data.keys
        @built.pages << page
      end
    end

    def copy(path)
      Jekyll::StaticFile.new(@built, @built.source, File.dirname("/#{path}"), File.basename(path)).write(@built.dest)
      []
    end

    def reread_post(old)
      return unless File.file?(old.path)

      fresh = document(old.path)
      return unless @built.publisher.publish?(fresh)

      @built.posts.docs[@built.posts.docs.index { |one| one.equal?(old) }] = with_additions(fresh, old)
    end

    def new_post(full, path)
      return unless path.match?(%r!(\A|/)_posts/!) && Jekyll::Document::DATE_FILENAME_MATCHER.match?(path)

      fresh = document(full)
      return unless @built.publisher.publish?(fresh)

      @built.posts.docs << fresh
      @built.posts.docs.sort!
      @front_matter[fresh] = fresh.data.keys
      fresh
    end

    def document(full)
      Jekyll::Document.new(full, :site => @built, :collection => @built.posts).tap(&:read)
    end

    def reread_page(old)
      fresh = Jekyll::Page.new(@built, @built.source, File.dirname("/#{old.path}"), old.name)
      fresh.pager = old.pager
      @built.pages[@built.pages.index { |one| one.equal?(old) }] = with_additions(fresh, old)
    end

    def with_additions(fresh, old)
      known = @front_matter.delete(old) || old.data.keys
      @front_matter[fresh] = fresh.data.keys
      old.data.each { |key, value| fresh.data[key] = value unless known.include?(key) || fresh.data.key?(key) }
      fresh
    end

    # Which posts a reader of the published blog does not find, and why.
    def unlisted
      return [] unless @built

      @built.posts.docs.filter_map do |post|
        reason = reason(post)
        url = plain("#{@built.baseurl}#{post.url}")
        { "url" => url, "title" => post.data["title"].to_s, "reason" => reason } if reason
      end
    end

    # Where each post is, by its own path and by that of its notebook.
    def addresses
      (@built ? @built.posts.docs : []).each_with_object({}) do |post, found|
        paths = [post.relative_path, post.data["nb_path"]].grep(String)
        paths.each { |path| found[path] = plain("#{@built.baseurl}#{post.url}") }
      end
    end

    def reason(post)
      data = post.data
      return "draft" if post.draft? || data["draft"] == true
      return "unpublished" if data["published"] == false
      return "future" if post.date > @built.time

      "hidden" if data["hide"] == true
    end
  end

  # Whoever asks for a page while it is written gets the old one or the new one.
  module WholePages
    def write(dest)
      path = destination(dest)
      text = output.to_s.b
      unless File.file?(path) && File.binread(path) == text
        FileUtils.mkdir_p(File.dirname(path))
        File.binwrite("#{path}.part", text)
        File.rename("#{path}.part", path)
      end
      trigger_hooks(:post_write)
    end
  end

  # Jekyll looks at whole seconds, and would miss the second save of one.
  module FreshFiles
    STATES = {} # rubocop:disable Style/MutableConstant

    def modified?
      STATES[path] != state
    end

    def write(dest)
      before = state
      super.tap { STATES[path] = before }
    end

    private

    def state
      stat = File.stat(path)
      [stat.mtime.to_r, stat.size]
    end
  end

  # What Jekyll has to say, for people who look at a page instead of a terminal.
  class Voice
    def initialize(preview)
      @preview = preview
    end

    attr_accessor :level

    def debug(_message) end

    def info(_message) end

    def warn(message)
      @preview.answer("says" => "warning", "message" => message.to_s)
    end

    def error(message)
      @preview.answer("says" => "error", "message" => message.to_s)
    end
  end
end

Jekyll::Hooks.register(:site, :after_init) do |site|
  next if Nbpress::Preview.running

  Nbpress::Preview.running = true
  Nbpress::Preview.new(site).run
end
